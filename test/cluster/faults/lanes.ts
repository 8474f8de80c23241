// Plays the rows of lanes, each on an engine of its own, at the same time: a line for each row, and a verdict for each lane.
// RUNS repeats the rows, ONLY chooses lanes and ROW rows by a part of their names.

import { Arena, type NetworkOfNodes, type Times } from "./arena.ts";
import type { Engine } from "./engines.ts";
import { now } from "./facts.ts";
import { judge } from "./judge.ts";
import type { Row } from "./row.ts";

const runs = Number(process.env.RUNS ?? 1);
const only = process.env.ONLY ?? "";
const wanted = process.env.ROW ?? "";

/** As short as the numbers allow. */
export const short: Times = {
  leaseDurationMs: 3_000,
  renewIntervalMs: 600,
  renewDeadlineMs: 1_900,
  retryPeriodMs: 500,
};
/** The defaults: only these survive an election of a NATS cluster. */
export const defaults: Times = {
  leaseDurationMs: 20_000,
  renewIntervalMs: 3_000,
  renewDeadlineMs: 14_000,
  retryPeriodMs: 1_000,
};

export interface Lane {
  readonly name: string;
  readonly make: () => Promise<Engine>;
  readonly times: Times;
  readonly rows: readonly Row[];
  /** Loopback if it is not given. */
  readonly network?: NetworkOfNodes | undefined;
}

const begun = now();
let failures = 0;
let played = 0;
const say = (lane: string, text: string) =>
  console.log(`${((now() - begun) / 1_000).toFixed(1).padStart(6)} s  ${lane.padEnd(16)} ${text}`);

async function runLane({ name, make, times, rows, network }: Lane, ordersUrl: string): Promise<void> {
  const arena = await Arena.open({ name, engine: await make(), times, ordersUrl, network });
  try {
    for (let run = 0; run < runs; run++)
      for (const row of rows.filter((one) => one.name.includes(wanted))) await playRow(arena, name, row);
    await arena.nodes.stopAll();
    const { grants, ticks, acknowledged, problems } = await judge(arena.nodes, arena.pool);
    failures += problems.length;
    for (const problem of problems.slice(0, 20)) say(name, `WRONG  ${problem}`);
    say(name, `${grants} grants, ${ticks} ticks, ${acknowledged} orders; wrong: ${problems.length}`);
  } finally {
    await arena.close();
  }
}

/** What a row costs depends on the machine, so one that costs too much may try again. What must never be may never be. */
async function playRow(arena: Arena, lane: string, row: Row, isAgain = false): Promise<void> {
  played++;
  let isGood = true;
  try {
    say(lane, `${row.name}: ${await row.play(arena)}`);
  } catch (error) {
    isGood = false;
    if (isAgain) failures++;
    say(lane, `${isAgain ? "WRONG" : "again"}  ${row.name}: ${(error as Error).message}`);
  }
  const done = await arena.recover();
  if (done !== null) say(lane, done);
  if (!isGood && !isAgain) await playRow(arena, lane, row, true);
}

/** Returns how much was wrong. */
export async function runLanes(lanes: readonly Lane[], ordersUrl: string): Promise<number> {
  const chosen = lanes.filter(({ name }) => name.includes(only));
  const outcomes = await Promise.allSettled(chosen.map((lane) => runLane(lane, ordersUrl)));
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === "fulfilled") continue;
    failures++;
    say(chosen[index]!.name, `WRONG  ${(outcome.reason as Error).stack}`);
  }
  say("", `${played} rows in ${((now() - begun) / 1_000).toFixed(0)} s; wrong: ${failures}`);
  return failures;
}
