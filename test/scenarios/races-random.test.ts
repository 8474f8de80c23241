// Random trees under random fire: somebody starts, stops, adds and removes at any moment, and so does the user's own
// code. What holds then holds always. A failing seed is a script: run it alone with SEED=<number>; SEEDS=<count> hunts.

import { expect, it } from "vitest";
import type { ServiceStatus, TreeStatus } from "../../src/index.ts";
import { allStatuses, expectHistory, expectOneStory } from "../support/invariants.ts";
import { createRandomTree } from "./random-tree.ts";

type RandomTree = ReturnType<typeof createRandomTree>;

/** The aggregate of a supervisor, counted anew from what is told of its children. */
function recount({ supervisor, healthOf }: RandomTree, { services: children }: TreeStatus): string {
  const { services } = supervisor.health();
  const isExcused = ({ path, exit }: ServiceStatus) => {
    const { summary } = supervisor.explain(path);
    return /^(completed|stopped by hand)/.test(summary) || (/^stopped for good/.test(summary) && exit !== "stopped");
  };
  const counted = children.filter((child) => !isExcused(child));
  if (counted.some(({ path, healthy }) => services[path]!.critical && !healthy)) return "unhealthy";
  const lessens = ({ path, healthy }: ServiceStatus) => !healthy || healthOf.get(path) === "degraded";
  return counted.some(lessens) ? "degraded" : "healthy";
}

/** At every moment: all that can be asked tells one story, and no supervisor looks better than its children. */
function expectTruth(tree: RandomTree): void {
  expectOneStory(tree);
  for (const status of allStatuses(tree.supervisor.status())) {
    if (!("services" in status) || status.state !== "running") continue;
    const told = tree.healthOf.get(status.path) ?? "unhealthy";
    if (told !== "unhealthy") expect(`${status.path} ${told}`).toBe(`${status.path} ${recount(tree, status)}`);
  }
}

/** When all has gone well for long: what can come up is up, and nothing is on its way for ever. */
function expectRest({ supervisor }: RandomTree): void {
  if (supervisor.status().state !== "running") return;
  for (const status of allStatuses(supervisor.status())) {
    const { path, state, phase } = status;
    const { waitingFor, summary } = supervisor.explain(path);
    const waits = phase === "waiting" && waitingFor.length > 0;
    const launches = phase === "launching" && "services" in status;
    const rests = ["running", "stopped", "failed"].includes(state) || waits || launches;
    expect(rests, `${path} is ${state} ${phase}: ${summary}`).toBe(true);
  }
}

/** After the stop: nothing is up, nobody still waits, no timer is left. */
function expectOver({ supervisor, alive, promises, clock, record, removed }: RandomTree): void {
  for (const { path, state } of allStatuses(supervisor.status())) expect(["stopped", "failed"], path).toContain(state);
  expect([...alive].filter(([, mates]) => mates.length > 0).map(([path]) => path)).toEqual([]);
  expect(promises.filter(([, promise]) => promise.state === "pending").map(([what]) => what)).toEqual([]);
  expect(clock.pending).toBe(0);
  expectHistory(record.updates, removed);
}

async function live(seed: number): Promise<string[]> {
  const tree = createRandomTree(seed);
  const { supervisor, clock, record, chance, keep } = tree;
  keep("start", supervisor.start());
  for (let step = 0; step < 60; step++) {
    tree.act();
    if (chance.is(0.3)) tree.act();
    await clock.advance(chance.one([0, 0, 1, 10, 50, 200, 1_000]));
    expectTruth(tree);
  }
  tree.calm();
  await clock.advance(1_000_000);
  expectTruth(tree);
  expectRest(tree);
  keep("stop", supervisor.stop());
  await clock.advance(1_000_000);
  expectOver(tree);
  return record.updates.map((update) =>
    JSON.stringify(update, (_, value) => (value instanceof Error ? String(value) : value)),
  );
}

const { SEED, SEEDS = "30" } = process.env;
const seeds = SEED ? [Number(SEED)] : Array.from({ length: Number(SEEDS) }, (_, index) => index + 1);

it.each(seeds)("seed %i: the tree stays consistent, settles every promise, and leaves nothing behind", async (seed) => {
  await live(seed);
}, 60_000);

it("the same seed tells the same story, update by update", async () => {
  // case 150
  for (const seed of [11, 12, 13]) expect(await live(seed)).toEqual(await live(seed));
}, 60_000);
