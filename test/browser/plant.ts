// A tree with some of everything, always the same, for the tests of the page. It prints where its inspector is, and runs
// until it is killed. PLANT_PORT and PLANT_TOKEN fix the address, PLANT_READ_ONLY=1 forbids changes.

import { setTimeout as sleep } from "node:timers/promises";
import { createSupervisor, defineService } from "statevisor";
import { serveInspector } from "statevisor/inspector";
import { setup } from "xstate";

const lamp = setup({ delays: { blink: 300 } }).createMachine({
  id: "lamp",
  initial: "off",
  states: {
    off: { after: { blink: "on" } },
    on: { initial: "dim", after: { blink: "off" }, states: { dim: { on: { turn: "bright" } }, bright: {} } },
  },
});

const database = defineService({ name: "database", start: () => ({ rows: 3 }), meta: { owner: "data team" } });

const supervisor = createSupervisor({
  name: "plant",
  services: [
    database,
    { name: "api", dependsOn: [database], start: ({ use }) => use(database).rows },
    { name: "lamp", actor: lamp },
    // It fails at once and then waits for long, so that there is always a backoff to see.
    {
      name: "pump",
      critical: false,
      restart: { initialBackoffMs: 600_000, maxBackoffMs: 600_000, jitter: false },
      start() {
        throw Object.assign(new Error("the valve is stuck"), { code: "EVALVE" });
      },
    },
    { name: "gate", critical: false, start: () => 1, readiness: () => false },
    { name: "boat", critical: false, dependsOn: ["gate"], start: () => 1 },
    { name: "inventory", restart: "never", run: () => 42 },
    {
      name: "web",
      strategy: "one-for-all",
      intensity: { maxRestarts: 1_000_000, withinMs: 60_000 },
      services: [
        { name: "front", start: () => 1 },
        {
          name: "flicker",
          restart: { initialBackoffMs: 100, maxBackoffMs: 100, jitter: false, maxRetries: Infinity },
          async run({ signal, incarnation }) {
            await sleep(700, undefined, { signal });
            throw new Error(`flickered in incarnation ${incarnation}`);
          },
        },
      ],
    },
  ],
});

const { url } = await serveInspector(supervisor, {
  port: Number(process.env.PLANT_PORT ?? 0),
  readOnly: process.env.PLANT_READ_ONLY === "1",
  ...(process.env.PLANT_TOKEN !== undefined && { token: process.env.PLANT_TOKEN }),
});
supervisor.start().catch(() => {});
console.log(`inspector ${url}`);
setInterval(() => {}, 60_000);
