// A program for Kubernetes: probes on a port of their own, and a stop that loses no request. See deployment.yaml.
//
// At SIGTERM /readyz turns 503 and the API serves on for `drainMs`: a pod gets requests until every proxy of the cluster
// has heard that it goes. Then the tree stops in order: the API finishes what is in flight, and the database closes.
// No `preStop` hook that sleeps is needed.

import { createServer } from "node:http";
import { createSupervisor, defineService } from "statevisor";
import { createHealthHandler } from "statevisor/http";
import { defineHttpServer, runUntilSignal } from "statevisor/node";
import { drainMs, ports, stopTimeoutMs } from "./settings.ts";

const database = defineService({
  name: "database",
  start: () => ({ isReachable: true, find: (name: string) => `hello ${name}` }),
  stop: () => console.log("database: closed"),
  stopTimeoutMs: stopTimeoutMs.database,
  // Remote: a readiness takes the pod out of the service; a health would restart the client, which mends nothing.
  readiness: ({ value }) => value.isReachable,
});

const api = defineHttpServer({
  name: "api",
  dependsOn: [database],
  host: "0.0.0.0", // the address of the pod
  port: ports.http,
  createListener:
    ({ use }) =>
    (request, response) =>
      response.end(use(database).find(request.url!.slice(1))),
  stopTimeoutMs: stopTimeoutMs.api,
});

const supervisor = createSupervisor({ name: "app", services: [database, api] });

// Outside of the tree: it answers before the tree is up, and until the process ends.
createServer(createHealthHandler(supervisor)).listen(ports.health, "0.0.0.0");

process.exit(await runUntilSignal(supervisor, { drainMs }));
