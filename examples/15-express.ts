// An Express application is a listener of node:http: defineHttpServer runs it, and stops it without cutting anybody off.

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

const client = defineService({
  name: "client",
  dependsOn: [web],
  async run({ use }) {
    for (const path of ["/people/ada", "/people/bob"]) {
      const response = await fetch(use(web).url + path);
      console.log(path, response.status, await response.text());
    }
  },
  significant: true, // its end is the end of the site
});

const site = createSupervisor({
  name: "site",
  autoShutdown: "any-significant",
  services: [cache, web, client],
});
await site.run();
