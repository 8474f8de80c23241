// Fastify has a start and a stop of its own: listen() and close(). So it is an ordinary service.

import Fastify from "fastify";
import { createSupervisor, defineService } from "statevisor";
import { httpProbe } from "statevisor/node";

const api = defineService({
  name: "api",
  async start({ log }) {
    // A server for each incarnation: one that was closed cannot listen again. forceCloseConnections closes idle ones.
    const app = Fastify({ forceCloseConnections: "idle" });
    app.get("/healthz", () => "fine");
    app.get<{ Params: { name: string } }>("/hello/:name", ({ params }) => ({ hello: params.name }));
    app.addHook("onClose", () => console.log("api: closed"));
    const url = await app.listen({ port: 0, host: "127.0.0.1" });
    log.info({ url }, "listening");
    return { app, url };
  },
  stop: ({ app }) => app.close(), // finishes the requests in flight
  health: httpProbe(({ value }) => `${value.url}/healthz`),
});

const client = defineService({
  name: "client",
  dependsOn: [api],
  async run({ use, signal }) {
    const response = await fetch(`${use(api).url}/hello/ada`, { signal });
    console.log(`client: ${response.status} ${await response.text()}`);
  },
  significant: true, // its end is the end of the tree
});

const app = createSupervisor({ name: "app", autoShutdown: "any-significant", services: [api, client] });
await app.run();
