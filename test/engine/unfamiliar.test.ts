// Under a version of XState that the engine does not know, XState itself runs the charts.

import { expect, it, vi } from "vitest";
import { StateMachine } from "xstate";
import { ChartActor } from "../../src/engine/chart-actor.ts";
import { createKeepingLogger } from "../support/logger.ts";
import { createScenario, scripted } from "../support/scenario.ts";

vi.mock("../../src/engine/xstate.ts", async (load) => ({
  ...(await load<typeof import("../../src/engine/xstate.ts")>()),
  isFamiliar: () => false,
}));

it("XState runs the charts of a tree, and the tree warns of it once", async () => {
  const { logger, entries } = createKeepingLogger();
  const nested = { name: "data", services: [scripted("database").spec] };
  const { supervisor, start } = createScenario({ services: [nested, scripted("api").spec] }, { logger });
  await start();
  const actors = [supervisor.actor, supervisor.actorsOf("api").service!, supervisor.actorsOf("data").supervisor!];
  for (const actor of actors) expect(actor).not.toBeInstanceOf(ChartActor);
  expect(supervisor.actorsOf("api").service!.getSnapshot().machine).toBeInstanceOf(StateMachine);
  await supervisor.restartService("api");
  expect(supervisor.status().healthy).toBe(true);
  expect(entries.filter(({ level }) => level === "warn").map(({ message }) => message)).toEqual([
    "this version of xstate is not one that the engine knows, so xstate itself runs the charts, more slowly",
  ]);
});
