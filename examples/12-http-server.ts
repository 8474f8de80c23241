// An HTTP server as a service: it is up when it listens, and its stop finishes the requests in flight.

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { createSupervisor, defineService } from "statevisor";
import { defineHttpServer, httpProbe } from "statevisor/node";

const database = defineService({
  name: "database",
  start: () => ({ find: (id: string) => sleep(100, `customer ${id}`) }),
  stop: () => console.log("database: closed"),
});

const inFlight = new AbortController();
let url = "";

const api = defineHttpServer({
  name: "api",
  dependsOn: [database],
  port: 0, // a free one; the url is in the value
  createListener: ({ use }) => {
    const { find } = use(database); // for each incarnation: the live value of its dependency
    return async (request, response) => {
      if (request.url === "/healthz") return void response.end("fine");
      inFlight.abort();
      response.end(await find(request.url!.slice(1)));
    };
  },
  health: httpProbe(({ value }) => {
    url = value.url;
    return `${url}/healthz`;
  }),
});

const supervisor = createSupervisor({ name: "shop", services: [database, api] });
await supervisor.start();

const answer = fetch(`${url}/42`);
await once(inFlight.signal, "abort");

console.log("a request is in flight: stop");
const [response] = await Promise.all([answer, supervisor.stop()]);
console.log(`client: ${response.status} ${await response.text()}, connection: ${response.headers.get("connection")}`);

await fetch(url).catch(() => console.log("client: nobody listens"));
