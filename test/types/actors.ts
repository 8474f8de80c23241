// Supervision in machines of the user's, as the compiler sees it: inputs, outputs and events keep their types.

import { createActor, fromPromise, type InputFrom, type OutputFrom, type SnapshotFrom, setup } from "xstate";
import type { serviceMachine } from "../../machines/index.ts";
import { createSupervisor, fromSupervisor, supervised, type TreeStatus } from "../../src/index.ts";

/** Compiles only if both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_Is extends true>(): void => {};

const page = supervised(fromPromise<string, { url: string }>(async ({ input }) => input.url));
holds<Same<OutputFrom<typeof page>, string>>();
holds<Same<InputFrom<typeof page>, { url: string }>>();
createActor(page, { input: { url: "/" } })
  .getSnapshot()
  .context.restarts.toFixed();
// @ts-expect-error not the input of the logic
createActor(page, { input: { path: "/" } });
// @ts-expect-error not a policy
supervised(page, { restart: "sometimes" });

setup({ actors: { page } }).createMachine({
  initial: "loading",
  states: {
    loading: {
      invoke: {
        src: "page",
        input: { url: "/" },
        onDone: { actions: ({ event }) => event.output.toUpperCase() },
      },
    },
  },
});

const lamp = supervised(setup({ types: {} as { events: { type: "press" } } }).createMachine({ on: { press: {} } }));
const lit = createActor(lamp);
lit.send({ type: "press" });
// @ts-expect-error not an event of the logic
lit.send({ type: "smash" });
lit.getSnapshot().child?.send({ type: "press" });

const tree = fromSupervisor(({ input }: { input: { name: string } }) => ({ name: input.name, services: [] }));
const grown = createActor(tree, { input: { name: "app" } });
grown.on("status", ({ to, path }) => holds<Same<typeof path, string>>() ?? to);
grown.send({ type: "stopService", path: "a" });
// @ts-expect-error no such verb
grown.send({ type: "removeService", path: "a" });
holds<Same<ReturnType<typeof grown.getSnapshot>["context"]["status"], TreeStatus>>();

// The actors of a tree are typed.
const { service } = createSupervisor({ name: "app", services: [] }).actorsOf("a");
holds<
  Same<ReturnType<NonNullable<typeof service>["getSnapshot"]>["value"], SnapshotFrom<typeof serviceMachine>["value"]>
>();
// @ts-expect-error not an event of the chart
service?.send({ type: "nonsense" });
