// Any XState logic can be a service: a machine, a promise, a callback. When it is done the service has completed; when
// it is in error the service has failed, and is restarted like any other.

import { createSupervisor, defineService } from "statevisor";
import { fromCallback, fromPromise, setup } from "xstate";

const lamp = defineService({
  name: "lamp",
  actor: fromCallback(() => {
    console.log("  the lamp is on");
    return () => console.log("  the lamp is off"); // called when it stops
  }),
});

let beans = 0;

const grinder = defineService({
  name: "grinder",
  restart: { initialBackoffMs: 10 },
  actor: fromPromise(async () => {
    if (beans === 0) {
      beans = 20; // refilled, after it has failed
      throw new Error("no beans");
    }
    return `${beans} g of ground coffee`;
  }),
});

const brewer = defineService({
  name: "brewer",
  dependsOn: [{ service: grinder, condition: "completed" }],
  significant: true,
  input: { cups: 2 },
  actor: setup({
    types: {} as {
      input: { cups: number };
      context: { cups: number };
      events: { type: "coffee.ordered" };
      output: string;
    },
    delays: { brewingTime: 10 },
  }).createMachine({
    id: "brewer",
    context: ({ input }) => ({ cups: input.cups }),
    initial: "idle",
    states: {
      idle: { on: { "coffee.ordered": "brewing" } },
      brewing: { after: { brewingTime: "served" } },
      served: { type: "final" },
    },
    output: ({ context }) => `${context.cups} cups of coffee`,
  }),
});

const guest = defineService({
  name: "guest",
  dependsOn: [brewer],
  run: ({ use }) => use(brewer).send({ type: "coffee.ordered" }), // the live actor, typed
});

// With any-significant, the end of the brewer is the end of the kitchen.
const kitchen = createSupervisor({
  name: "kitchen",
  services: [lamp, grinder, brewer, guest],
  autoShutdown: "any-significant",
});

kitchen.on("status", ({ path, exit }) => {
  if (exit?.kind === "failed") console.log(`${path} failed: ${exit.error.message}`);
  if (exit?.kind === "completed" && exit.value) console.log(`${path} completed: ${exit.value}`);
});

await kitchen.run();
