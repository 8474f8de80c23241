// Supervision inside a machine: it invokes a download that is tried again by a restart policy, and spawns sensors that
// come back by themselves. The machine hears of results, and of what is beyond hope.
//
//   npx tsx examples/23-supervised-in-machines.ts

import { createSupervisor, supervised } from "statevisor";
import { assign, fromCallback, fromPromise, setup, spawnChild } from "xstate";

const restart = { maxRetries: 3, initialBackoffMs: 10, jitter: false } as const;

let attempts = 0;
const download = fromPromise<string, { url: string }>(async ({ input }) => {
  if (++attempts < 3) throw new Error(`attempt ${attempts}: connection reset`);
  return `the plan of ${input.url}, at attempt ${attempts}`;
});

type Reading = { type: "reading"; room: string };
const sensor = fromCallback<{ type: "none" }, { room: string }>(({ input, sendBack }) => {
  if (input.room === "cellar") throw new Error("no such sensor");
  sendBack({ type: "reading", room: input.room } satisfies Reading);
});

const house = setup({
  types: {} as {
    context: { plan: string | null; rooms: string[] };
    events: Reading;
    children: { kitchen: "sensor"; cellar: "sensor"; download: "download" };
  },
  actors: { download: supervised(download, { restart }), sensor: supervised(sensor, { restart }) },
  actions: {
    note: assign({ rooms: ({ context, event }) => [...context.rooms, (event as Reading).room] }),
    warn: ({ event }) => console.log((event as unknown as { error: Error }).error.message),
  },
}).createMachine({
  id: "house",
  context: { plan: null, rooms: [] },
  entry: [
    spawnChild("sensor", { id: "kitchen", input: { room: "kitchen" } }),
    spawnChild("sensor", { id: "cellar", input: { room: "cellar" } }),
  ],
  on: { reading: { actions: "note" }, "xstate.error.actor.cellar": { actions: "warn" } },
  initial: "planning",
  states: {
    planning: {
      invoke: {
        id: "download",
        src: "download",
        input: { url: "house.example" },
        onDone: { target: "planned", actions: assign({ plan: ({ event }) => event.output }) },
        onError: "lost",
      },
    },
    planned: { after: { 200: "done" } },
    lost: { type: "final" },
    done: { type: "final" },
  },
  output: ({ context }) => `${context.plan}; heard from: ${context.rooms.join(", ")}`,
});

// As a service, to be looked at in the inspector; `createActor(house).start()` does as well.
const supervisor = createSupervisor({
  name: "home",
  autoShutdown: "any-significant",
  services: [{ name: "house", actor: house, significant: true }],
});
supervisor.on("status", ({ exit }) => exit?.kind === "completed" && exit.value && console.log(exit.value));
await supervisor.run();
