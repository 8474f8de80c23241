// An error in a callback passes no promise and no try: Node would end the whole process. containStrayErrors finds the
// service that it belongs to, and fails that one alone.

import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { createSupervisor, defineService } from "statevisor";
import { containStrayErrors } from "statevisor/node";

const whenAborted = (signal: AbortSignal) => new Promise((resolve) => signal.addEventListener("abort", resolve));

const stray = (name: string, letOut: () => void) =>
  defineService({
    name,
    restart: { initialBackoffMs: 10 },
    run({ incarnation, signal }) {
      if (incarnation === 1) letOut();
      return whenAborted(signal);
    },
  });

const supervisor = createSupervisor({
  name: "app",
  services: [
    stray("timer", () => {
      setTimeout(() => JSON.parse("not JSON"), 20);
    }),
    stray("emitter", () => {
      setTimeout(() => new EventEmitter().emit("error", new Error("nobody listens")), 60);
    }),
    stray("promise", () => {
      sleep(100).then(() => Promise.reject(new Error("nobody awaits")));
    }),
    defineService({ name: "innocent", run: ({ signal }) => whenAborted(signal) }),
  ],
});

supervisor.on("stray-error", ({ path, error }) => console.log(`${path}: ${error.name}`));

const remove = containStrayErrors(supervisor); // before the start
await supervisor.start();
await sleep(200);
for (const { name, restarts } of supervisor.status().services) console.log(`${name}: ${restarts} restarts`);
await supervisor.stop();
remove();
