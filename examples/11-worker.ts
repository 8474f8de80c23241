// A worker thread as a service: it computes beside the event loop, and is replaced when it is stuck. A plain function in an
// endless loop could not be ended; a thread can.

import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { createSupervisor } from "statevisor";
import { defineWorker } from "statevisor/node";

let worker: Worker | undefined;

const primes = defineWorker({
  name: "primes",
  file: new URL("./11-worker-thread.mjs", import.meta.url),
  workerData: { name: "ada" },
  readyOn: "signal", // parentPort.postMessage("ready")
  watchdogMs: 1_000, // parentPort.postMessage("heartbeat") at least this often
  stopTimeoutMs: 100, // then terminate()
  restart: { initialBackoffMs: 20 },
  health: ({ value }) => {
    worker = value;
  },
});

const supervisor = createSupervisor({ name: "app", services: [primes] });
supervisor.on("status", ({ path, from, to, exit }) => {
  if (path !== "app/primes" || from === to) return;
  console.log(`${from} -> ${to}${exit?.kind === "failed" ? ` (${exit.cause})` : ""}`);
});

async function ask(below: number): Promise<string> {
  worker!.postMessage({ below });
  for (;;) {
    const [answer] = await once(worker!, "message");
    if (answer !== "heartbeat") return `${answer.by} found ${answer.primes} primes below ${below}`;
  }
}

await supervisor.start();
console.log(await ask(10_000));

console.log("it hangs");
const stuck = worker;
worker!.postMessage("hang");
while (worker === stuck || supervisor.status("primes").phase !== "healthy") {
  await new Promise((resolve) => setTimeout(resolve, 10));
}
console.log(await ask(100));

await supervisor.stop();
