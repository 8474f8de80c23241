// An Express application is a listener of node:http: defineHttpServer runs it, and its stop finishes the requests in flight.
// To call `listen` yourself, do it in `start` and close the server in `stop`.

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import express from "express";
import { createSupervisor, defineService } from "statevisor";
import { defineHttpServer, httpProbe } from "statevisor/node";

const cache = defineService({ name: "cache", start: () => new Map([["ada", "Ada Lovelace"]]) });

const web = defineHttpServer({
  name: "web",
  dependsOn: [cache],
  createListener({ use, log }) {
    const people = use(cache);
    const app = express();
    app.get("/healthz", (_request, response) => void response.send("fine"));
    app.get("/people/:id", (request, response) => {
      const name = people.get(request.params.id);
      log.info({ name }, "asked for");
      response.status(name ? 200 : 404).send(name ?? "nobody");
    });
    return app;
  },
  health: httpProbe(({ value }) => `${value.url}/healthz`),
});

const admin = defineService({
  name: "admin",
  dependsOn: [cache],
  async start({ use }) {
    const people = use(cache);
    const app = express().get("/count", (_request, response) => void response.send(`${people.size} of them`));
    const server = app.listen(0, "127.0.0.1");
    await once(server, "listening"); // rejects when the port is taken: a failed start
    return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  },
  async stop({ server }) {
    server.close(); // no new connections; requests in flight are finished
    server.closeIdleConnections();
    await once(server, "close");
  },
});

const client = defineService({
  name: "client",
  dependsOn: [web, admin],
  async run({ use }) {
    for (const url of [`${use(web).url}/people/ada`, `${use(web).url}/people/bob`, `${use(admin).url}/count`]) {
      const response = await fetch(url);
      console.log(new URL(url).pathname, response.status, await response.text());
    }
  },
  significant: true, // its end is the end of the site
});

const site = createSupervisor({
  name: "site",
  autoShutdown: "any-significant",
  services: [cache, web, admin, client],
});
await site.run();
