// Real processes on real servers through the fault table: a line for each row, and a verdict over the whole history. It
// needs the built package, PostgreSQL and nats-server.
//
//   npm run test:cluster-faults                    every row once, on three engines at the same time
//   RUNS=10 ONLY=postgres npm run test:cluster-faults

import { startPostgres } from "../store/postgres-server.ts";
import { Arena, type Times } from "./arena.ts";
import { type Engine, oneNats, postgresEngine, threeNats } from "./engines.ts";
import { now } from "./facts.ts";
import { judge } from "./judge.ts";
import type { Row } from "./row.ts";
import { engineRows, natsClusterRows } from "./rows/of-engines.ts";
import { nodeRows } from "./rows/of-nodes.ts";

const runs = Number(process.env.RUNS ?? 1);
const only = process.env.ONLY ?? "";
const wanted = process.env.ROW ?? "";

/** As short as the numbers allow. */
const short: Times = { leaseDurationMs: 3_000, renewIntervalMs: 600, renewDeadlineMs: 1_900, retryPeriodMs: 500 };
/** The defaults: only these survive an election of a NATS cluster. */
const defaults: Times = {
  leaseDurationMs: 20_000,
  renewIntervalMs: 3_000,
  renewDeadlineMs: 14_000,
  retryPeriodMs: 1_000,
};

interface Lane {
  readonly make: () => Promise<Engine>;
  readonly name: string;
  readonly times: Times;
  readonly rows: readonly Row[];
}
const lanes: readonly Lane[] = [
  { name: "postgres, nodes", make: postgresEngine, times: short, rows: nodeRows },
  { name: "nats, nodes", make: oneNats, times: short, rows: nodeRows },
  { name: "postgres, engine", make: postgresEngine, times: short, rows: engineRows },
  { name: "nats, engine", make: oneNats, times: short, rows: engineRows },
  { name: "3 nats, engine", make: threeNats, times: defaults, rows: natsClusterRows },
];

const begun = now();
let failures = 0;
let played = 0;
const say = (lane: string, text: string) =>
  console.log(`${((now() - begun) / 1_000).toFixed(1).padStart(6)} s  ${lane.padEnd(16)} ${text}`);

async function runLane({ name, make, times, rows }: Lane, ordersUrl: string): Promise<void> {
  const arena = await Arena.open({ name, engine: await make(), times, ordersUrl });
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

async function playRow(arena: Arena, lane: string, row: Row): Promise<void> {
  played++;
  try {
    say(lane, `${row.name}: ${await row.play(arena)}`);
  } catch (error) {
    failures++;
    say(lane, `WRONG  ${row.name}: ${(error as Error).message}`);
  }
  await arena.recover();
}

const orders = await startPostgres();
const chosen = lanes.filter(({ name }) => name.includes(only));
const outcomes = await Promise.allSettled(chosen.map((lane) => runLane(lane, orders.url)));
await orders.remove();
for (const [index, outcome] of outcomes.entries()) {
  if (outcome.status === "fulfilled") continue;
  failures++;
  say(chosen[index]!.name, `WRONG  ${(outcome.reason as Error).stack}`);
}
say("all", `${played} rows in ${((now() - begun) / 1_000).toFixed(0)} s; wrong: ${failures}`);
process.exit(failures === 0 ? 0 : 1);
