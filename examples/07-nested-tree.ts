// Supervisors nest: a subtree that gives up fails as one service, and its supervisor restarts all of it. The rest of the
// tree runs on.

import { createSupervisor, defineService, defineSupervisor, type ServiceStatus, type TreeStatus } from "statevisor";

let brokerIsBroken = true;

const api = defineService({ name: "api", start: () => {} });

const broker = defineService({ name: "broker", start: () => {} });
const consumer = defineService({
  name: "consumer",
  dependsOn: [broker],
  restart: { maxRetries: 2, initialBackoffMs: 10 },
  start() {
    if (brokerIsBroken) throw new Error("the broker does not answer");
  },
});

const jobs = defineSupervisor({
  name: "jobs",
  services: [broker, consumer],
  restart: { initialBackoffMs: 30 },
});

const supervisor = createSupervisor({
  name: "shop",
  services: [defineSupervisor({ name: "web", services: [api] }), jobs],
});

supervisor.on("escalation", ({ path, error }) => {
  console.log(`${path} gives up: ${error.message}`);
  brokerIsBroken = false; // a fresh broker works again
});

await supervisor.start();
print(supervisor.status());
await supervisor.stop();

/** The tree, one line for each service. */
function print(status: TreeStatus | ServiceStatus, indent = ""): void {
  const { name, state, incarnation } = status;
  console.log(`${indent}${name}`.padEnd(14), state, `start ${incarnation}`);
  if ("services" in status) for (const child of status.services) print(child, `${indent}  `);
}
