// Real processes on real servers through the fault table: a line for each row, and a verdict over the whole history. It
// needs the built package, PostgreSQL and nats-server.
//
//   npm run test:cluster-faults                    every row once, on three engines at the same time
//   RUNS=10 ONLY=postgres npm run test:cluster-faults

import { startPostgres } from "../store/postgres-server.ts";
import { oneNats, postgresEngine, threeNats } from "./engines.ts";
import { defaults, type Lane, runLanes, short } from "./lanes.ts";
import { engineRows, natsClusterRows } from "./rows/of-engines.ts";
import { nodeRows } from "./rows/of-nodes.ts";

const lanes: readonly Lane[] = [
  { name: "postgres, nodes", make: postgresEngine, times: short, rows: nodeRows },
  { name: "nats, nodes", make: oneNats, times: short, rows: nodeRows },
  { name: "postgres, engine", make: postgresEngine, times: short, rows: engineRows },
  { name: "nats, engine", make: oneNats, times: short, rows: engineRows },
  { name: "3 nats, engine", make: threeNats, times: defaults, rows: natsClusterRows },
];

const orders = await startPostgres();
const failures = await runLanes(lanes, orders.url);
await orders.remove();
process.exit(failures === 0 ? 0 : 1);
