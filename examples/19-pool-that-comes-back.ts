// A pool goes away and comes back: who holds the old one restarts with it, who asks at each use does not.

import { createSupervisor, defineService, type ServiceContext } from "statevisor";

let opened = 0;
let isReachable = true;

/** What is remote is a readiness: it gates those that depend on it, and restarts nothing. */
const pool = defineService({
  name: "pool",
  start: () => {
    const number = ++opened;
    return { query: () => `an answer of pool ${number}` };
  },
  stop: () => console.log("  pool: closes"),
  readiness: { check: () => isReachable, intervalMs: 10, failureThreshold: 1 },
});

/** Takes the pool before it is ready: it holds that pool, and goes down with it. */
const report = defineService({
  name: "report",
  dependsOn: [pool],
  start: (ctx) => {
    const held = ctx.use(pool);
    console.log(`  report: starts with ${held.query()}`);
  },
  stop: () => console.log("  report: stops"),
});

/** Asks for the pool at each request: it holds nothing, and always has the one that lives. */
let answer: () => string = () => "";
const api = defineService({
  name: "api",
  dependsOn: [pool],
  start: (ctx: ServiceContext) => {
    console.log("  api: starts");
    answer = () => ctx.use(pool).query();
  },
  stop: () => console.log("  api: stops"),
});

const supervisor = createSupervisor({ name: "app", services: [pool, report, api] });
const whenHealthIs = (wanted: string) =>
  new Promise<void>((resolve) => {
    supervisor.on("health", ({ to }) => to === wanted && resolve());
  });

await supervisor.start();
console.log(`api gives ${answer()}`);
console.log(`report ${supervisor.explain("report").summary.replace(/.*; /, "")}`);

console.log("the database cannot be reached for a moment:");
isReachable = false;
await whenHealthIs("unhealthy");
console.log(`  report is ${supervisor.status("report").state}, and so is api: nothing was restarted`);
isReachable = true;
await whenHealthIs("healthy");

console.log("the pool is replaced:");
await supervisor.restartService("pool");
while (supervisor.status("report").phase !== "healthy") await new Promise((resolve) => setTimeout(resolve, 1));
console.log(`api gives ${answer()}, and is still incarnation ${supervisor.status("api").incarnation}`);
console.log(`code outside of the tree gets ${supervisor.use(pool).query()}`);

await supervisor.stop();
