// A service starts when its dependencies are healthy, and goes on while one of them is ill; the health is reported.

import { createSupervisor, defineService } from "statevisor";

let diskIsFull = false;

const database = defineService({
  name: "database",
  start: () => console.log("  database: opens"),
  stop: () => console.log("  database: closes"),
  // A readiness never restarts; a liveness does. `health` is both in one.
  readiness: { check: () => !diskIsFull, intervalMs: 10, failureThreshold: 2 },
});

const migration = defineService({
  name: "migration",
  restart: "never",
  dependsOn: [database],
  run: () => console.log("  migration: adds a column"),
});

const api = defineService({
  name: "api",
  dependsOn: [database, { service: migration, condition: "completed" }],
  start: () => console.log("  api: listens"),
  stop: () => console.log("  api: closes"),
});

// The order here is free: the dependencies decide which starts first.
const supervisor = createSupervisor({ name: "shop", services: [api, migration, database] });

supervisor.on("status", ({ path, phase }) => {
  if (phase === "waiting") console.log(`${path} is ${supervisor.explain(path).summary}`);
});
supervisor.on("health", ({ from, to }) => console.log(`shop was ${from}, is ${to}`));

/** Resolves when the tree has this health. */
function whenHealthIs(wanted: string): Promise<void> {
  return new Promise((resolve) => {
    supervisor.on("health", ({ to }) => to === wanted && resolve());
  });
}

await supervisor.start();

diskIsFull = true;
await whenHealthIs("unhealthy");
console.log(`  the api is ${supervisor.status("api").state} all the same`);
diskIsFull = false;
await whenHealthIs("healthy");

console.log("stop");
await supervisor.stop(); // in reverse: the services that others depend on stop last
