// last-days.ts: how a history ends. Every fault is over: the tree comes to rest and reaches what its spec promises within a
// bound on the clock; it stops and leaves nothing behind; started again, it comes up as new.

import { BrokenInvariant } from "../../src/testing/explore/live-tree.ts";
import { findUnsettled } from "./invariants/liveness.ts";
import { findUnserialisable } from "./invariants/moment.ts";
import { type ChildShape, canComeUp } from "./shape.ts";
import type { World } from "./world.ts";

/** Within this, a tree without faults has come to rest: long enough for a chain of slow starts. */
const restMs = 20_000;
const stepMs = 50;

export async function liveOut(world: World): Promise<void> {
  world.isEnding = true;
  world.puppets.calm();
  await world.clock.advance(0);
  await comeToRest(world, "a long calm");
  refuse(findUnserialisable(world.supervisor));
  await stop(world);
  await startAnew(world);
  await stop(world);
  await world.reading.end();
  refuse(world.reading.broken);
}

function refuse(wrong: readonly string[]): void {
  if (wrong.length > 0) throw new BrokenInvariant(`in the end: ${wrong.join("; ")}`);
}

async function comeToRest(world: World, when: string): Promise<void> {
  let unsettled = findUnsettled(world.look());
  for (let ms = 0; unsettled.length > 0 && ms < restMs; ms += stepMs) {
    await world.clock.advance(stepMs);
    for (const { ctx } of world.puppets.lives.all) ctx.heartbeat();
    unsettled = findUnsettled(world.look());
  }
  refuse(unsettled);
  world.tree.check(when);
}

async function stop(world: World): Promise<void> {
  await world.step(["stop"], false);
  await world.tree.runOut();
  world.tree.check("the stop");
  const wrong = world.tree.findRemains();
  const { count } = world.updates;
  await world.clock.advance(100_000);
  if (world.updates.count > count) wrong.push(`updates after the end: ${world.updates.log(count)}`);
  refuse([...wrong, ...world.requests.findLeft()]);
}

async function startAnew(world: World): Promise<void> {
  await world.step(["run"]);
  await comeToRest(world, "a new start");
  if (![...world.shapes.values()].every(isSound)) return;
  const down = [...world.look().statuses.values()].filter(
    ({ state, phase }) => phase !== "healthy" && !(state === "stopped" && phase === "scheduled"),
  );
  refuse(down.map(({ path, state, phase }) => `${path} is ${state} ${phase} after a new start without faults`));
}

/** Whether nothing in it waits for an end, or takes longer to come up than it may. */
function isSound(shape: ChildShape): boolean {
  return canComeUp(shape) && (shape.dependsOn ?? []).every(({ condition }) => condition !== "completed");
}
