// A graceful stop: requests in flight are finished, services that others depend on stop last, and a service that does
// not stop in time is reported by name. JavaScript cannot end a running function, so it is never reported as stopped.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createSupervisor, defineService, type SupervisorError } from "statevisor";

const database = defineService({
  name: "database",
  start: () => {},
  stop: () => console.log("database: closed"),
});

let url = "";
const arrived = new AbortController();

const api = defineService({
  name: "api",
  dependsOn: [database],
  async start() {
    const server = createServer(async (_request, response) => {
      arrived.abort();
      await sleep(200);
      response.setHeader("connection", "close").end("a slow answer");
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return server;
  },
  async stop(server) {
    await new Promise((resolve) => server.close(resolve)); // no new connections; waits for the open ones
    console.log("api: closed");
  },
});

let wakeUp = () => {};

const sleeper = defineService({
  name: "sleeper",
  stopTimeoutMs: 20, // 10_000 by default
  run: () =>
    new Promise<void>((resolve) => {
      wakeUp = resolve; // it should have listened to ctx.signal
    }),
});

const supervisor = createSupervisor({ name: "shop", services: [database, api, sleeper] });
supervisor.on("unstopped", ({ path }) => console.log(`${path}: still running after its deadline, left behind`));
supervisor.on("late", ({ path, outcome }) => console.log(`${path}: ${outcome} at last`));

await supervisor.start();
const answer = fetch(url).then((response) => response.text());
await once(arrived.signal, "abort");

console.log("a request is in flight: stop");
await supervisor.stop().catch((error: SupervisorError) => console.log(`stopped, but ${error.code}`));
console.log(`client: got ${await answer}`);
wakeUp();
