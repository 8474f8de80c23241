// An XState machine that drains: `stopEvent` asks it to, and its stop is over when it is done.

import { createSupervisor, defineService } from "statevisor";
import { assign, setup } from "xstate";

const queue = setup({
  types: {} as { context: { jobs: number }; events: { type: "JOB" } | { type: "DRAIN" } },
  actions: {
    take: assign({ jobs: ({ context }) => context.jobs + 1 }),
    finish: assign({ jobs: ({ context }) => context.jobs - 1 }),
    report: ({ context }) => console.log(`  queue: ${context.jobs} left`),
  },
  guards: { isEmpty: ({ context }) => context.jobs === 0 },
  delays: { job: 5 },
}).createMachine({
  id: "queue",
  context: { jobs: 0 },
  initial: "open",
  states: {
    open: { on: { JOB: { actions: "take" }, DRAIN: "draining" } },
    draining: {
      always: { guard: "isEmpty", target: "done" },
      entry: "report",
      after: { job: { target: "draining", reenter: true, actions: "finish" } },
    },
    done: { type: "final" },
  },
});

const service = defineService({ name: "queue", actor: queue, stopEvent: { type: "DRAIN" }, stopTimeoutMs: 5_000 });
const supervisor = createSupervisor({ name: "app", services: [service] });

await supervisor.start();
for (let n = 0; n < 3; n++) supervisor.use(service).send({ type: "JOB" });

console.log("the tree is asked to stop:");
await supervisor.stop();
const { state, exit } = supervisor.status("queue");
console.log(`queue is ${state} (${exit})`);
