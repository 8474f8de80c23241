// The restarts of a supervised actor inside a machine of the user's are facts of the inspector.

import { expect, it } from "vitest";
import { fromCallback, setup } from "xstate";
import { supervised } from "../../src/index.ts";
import { Recorder } from "../../src/inspector/record/recorder.ts";
import { createScenario } from "../support/scenario.ts";

it("records each end and each restart of a supervised child, under its id", async () => {
  const sensor = fromCallback<{ type: "spoil" }>(({ receive }) => {
    receive(() => {
      throw new Error("spoilt");
    });
  });
  const house = setup({
    actors: { sensor: supervised(sensor, { restart: { initialBackoffMs: 100, jitter: false } }) },
  }).createMachine({ id: "house", invoke: { id: "kitchen", src: "sensor" } });
  const { supervisor, start, clock } = createScenario({ services: [{ name: "house", actor: house }] });
  const recorder = new Recorder(supervisor, { historySize: 1_000, messages: true, include: new Set() });
  await start();
  supervisor.actorsOf("house").actor!.getSnapshot().children.kitchen.send({ type: "spoil" });
  await clock.advance(100);
  const kitchen = recorder.ring.after(0).flatMap((entry) => {
    if (entry.kind !== "message" || entry.id !== "kitchen") return [];
    return [`${entry.path}: ${entry.type}`];
  });
  expect(kitchen).toEqual([
    "app/house: xstate.init",
    "app/house: service.start",
    "app/house: unit.ready",
    "app/house: spoil",
    "app/house: xstate.error.actor.kitchen#1",
    "app/house: unit.ended",
    "app/house: xstate.after.backoff.service.backoff.counting",
    "app/house: unit.ready",
  ]);
  const incarnations = recorder.ring
    .after(0)
    .flatMap((entry) => (entry.kind === "message" && entry.type === "xstate.init" ? [entry.id ?? ""] : []));
  expect(incarnations).toEqual(expect.arrayContaining(["kitchen", "kitchen#1", "kitchen#2"]));
  expect(recorder.failures).toBe(0);
});
