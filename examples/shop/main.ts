// A shop that stays open while chaos breaks it: npm start
//
//   shop
//   ├── data
//   │   ├── database     PostgreSQL, in a thread
//   │   ├── migration    once, when the database is healthy
//   │   └── assortment   once, when the migration has completed
//   ├── api              when data is healthy
//   ├── worker           when data is healthy
//   └── chaos            when api and worker are
//
// SHOP_SECONDS (30) is how long it is open. SHOP_SEED repeats the chance of an earlier run; the times are never the same.
// SHOP_INSPECT=0 serves the inspector beside it, on any free port; another number is the port. SHOP_RECORD is a file to
// record the run in, which `npx statevisor inspect` shows.

import { renameSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createSupervisor, defineSupervisor, type SupervisorError } from "statevisor";
import { recordToFile, serveInspector } from "statevisor/inspector";
import { createApi } from "./api.ts";
import { audit, countWaiting } from "./audit.ts";
import { createChaos } from "./chaos.ts";
import { createDatabase } from "./database.ts";
import { createAssortment, createMigration } from "./migration.ts";
import { createRandom } from "./random.ts";
import { reportOn } from "./report.ts";
import { createScreen } from "./screen.ts";
import { goShopping } from "./shopper.ts";
import { summarise } from "./summary.ts";
import { createWorker } from "./worker.ts";

const seconds = Number(process.env.SHOP_SECONDS ?? 30);
const seed = Number(process.env.SHOP_SEED ?? Date.now() % 100_000);
const screen = createScreen();

const folder = await mkdtemp(join(tmpdir(), "statevisor-shop-"));
process.once("exit", () => {
  // Renamed first: a program that leaves at once leaves the database's thread at work, which must not find the folder.
  renameSync(folder, `${folder}-closed`);
  rmSync(`${folder}-closed`, { recursive: true, force: true });
});

const database = createDatabase(folder);
const migration = createMigration(database.service);
const assortment = createAssortment(database.service, migration);
const data = defineSupervisor({ name: "data", services: [database.service, migration, assortment] });
const api = createApi(database, data);
const worker = createWorker(database, data);
const chaos = createChaos([...database.attacks, ...api.attacks, ...worker.attacks], createRandom(seed), [
  api.service,
  worker.service,
]);

const supervisor = createSupervisor(
  { name: "shop", services: [data, api.service, worker.service, chaos] },
  { logger: screen.logger, random: createRandom(seed + 1) },
);
const tally = reportOn(supervisor, screen);

if (process.env.SHOP_INSPECT !== undefined) {
  const port = Number(process.env.SHOP_INSPECT);
  const { url } = await serveInspector(supervisor, { port, include: ["output"] });
  screen.line("shop", "inspector", `at ${url}`, "bold");
}

if (process.env.SHOP_RECORD !== undefined) {
  recordToFile(supervisor, process.env.SHOP_RECORD, { historySize: 50_000, include: ["output"] });
}

/** Aborts when a signal came, or the tree ended by itself. */
const over = new AbortController();
supervisor.exit.then(() => over.abort());

let wasAsked = false;
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.on(signal, () => {
    if (wasAsked) process.exit(code);
    wasAsked = true;
    screen.line("shop", signal, "stopping in order; once more to leave at once", "bold");
    over.abort();
  });
}

console.log(
  `A shop, open for ${seconds} s, that chaos breaks all the time (again: SHOP_SEED=${seed}). Ctrl-C stops it.\n`,
);
process.exitCode = (await keepShop()) ? 0 : 1;

/** Opens the shop, keeps it open, closes it, and audits it. Resolves to whether all went well. */
async function keepShop(): Promise<boolean> {
  try {
    await supervisor.start({ signal: over.signal });
  } catch (error) {
    if ((error as SupervisorError).code !== "ERR_START_ABORTED") throw error;
    screen.line("shop", "closed", "before it had opened", "bold");
    return true;
  }
  screen.line("shop", "open", `at ${api.url()} for ${seconds} s`, "bold");
  const closing = new AbortController();
  const shopping = goShopping({
    url: api.url(),
    random: createRandom(seed + 2),
    closing: closing.signal,
    signal: over.signal,
  });
  await sleep(seconds * 1_000, undefined, { signal: over.signal }).catch(() => {});
  closing.abort();
  if (!over.signal.aborted) await closeInPeace(shopping);
  const stopError = await supervisor.stop().then(
    () => null,
    (error: SupervisorError) => error,
  );
  const receipts = await shopping;
  const exit = await supervisor.exit;
  const failure = exit.kind === "failed" ? exit.error : stopError;
  if (failure !== null) screen.line("shop", "failed", failure.message, "red");

  const isKept = summarise(screen, receipts, tally, await audit(folder, receipts.accepted));
  return isKept && failure === null;
}

/** Ends the chaos, lets no new customers in, and waits until all orders are fulfilled. */
async function closeInPeace(shopping: Promise<unknown>): Promise<void> {
  screen.line("shop", "closing", "no new customers; the worker finishes its orders", "bold");
  await supervisor.stopService("chaos");
  await shopping;
  while (!over.signal.aborted && !(supervisor.health().healthy && (await countWaiting(database)) === 0)) {
    await sleep(50);
  }
}
