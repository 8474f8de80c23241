// A Fetch handler as a service: Hono, or anything with fetch(request).

import { Hono } from "hono";
import { createSupervisor, defineService } from "statevisor";
import { defineHttpServer, httpProbe } from "statevisor/node";

const app = new Hono();
app.get("/healthz", (c) => c.text("fine"));
app.get("/hello/:name", (c) => c.json({ hello: c.req.param("name") }));
app.get("/bad", () => {
  throw new TypeError("a bug");
});
app.onError((error, c) => c.text(`${error.name}: ${error.message}`, 500));

const web = defineHttpServer({
  name: "web",
  listener: app,
  health: httpProbe(({ value }) => `${value.url}/healthz`),
});

const client = defineService({
  name: "client",
  dependsOn: [web],
  async run({ use }) {
    for (const path of ["/hello/ada", "/bad", "/none"]) {
      const response = await fetch(use(web).url + path);
      console.log(path, response.status, await response.text());
    }
  },
  significant: true, // its end is the end of the site
});

const site = createSupervisor({
  name: "site",
  autoShutdown: "any-significant",
  services: [web, client],
});
await site.run();
