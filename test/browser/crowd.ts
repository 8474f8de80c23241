// A thousand services under ten supervisors; each second sixty of them go down and up: some three hundred updates.

import { createSupervisor } from "statevisor";
import { serveInspector } from "statevisor/inspector";

const families = Array.from({ length: 10 }, (_, f) => ({
  name: `family-${f}`,
  services: Array.from({ length: 100 }, (_, s) => ({
    name: `service-${String(s).padStart(2, "0")}`,
    start: () => s,
    ...(s % 10 === 1 && { dependsOn: [`service-${String(s - 1).padStart(2, "0")}`] }),
  })),
}));
const supervisor = createSupervisor({ name: "crowd", services: families });
const { url } = await serveInspector(supervisor);
await supervisor.start();
console.log(`inspector ${url}`);

let next = 0;
setInterval(() => {
  next = (next + 37) % 1_000;
  const path = `family-${Math.floor(next / 100)}/service-${String(next % 100).padStart(2, "0")}`;
  supervisor.restartService(path).catch(() => {});
}, 1_000 / 60);
