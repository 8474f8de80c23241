// A deep tree with long names, and one service that fails with a long message.

import { createSupervisor, type SupervisorSpec } from "statevisor";
import { serveInspector } from "statevisor/inspector";

function level(n: number): SupervisorSpec["services"] {
  const leaf = { name: `leaf-${n}`, start: () => 1 };
  return n === 0 ? [leaf] : [{ name: `level-${n}-with-a-name-that-is-quite-long`, services: level(n - 1) }, leaf];
}

const broken = {
  name: "broken",
  critical: false,
  restart: { maxRetries: 0 },
  start() {
    throw new Error("this message goes on and on ".repeat(20));
  },
};
const supervisor = createSupervisor({ name: "odd", services: [broken, ...level(14)] });
const { url } = await serveInspector(supervisor);
await supervisor.start();
console.log(`inspector ${url}`);
setInterval(() => {}, 60_000);
