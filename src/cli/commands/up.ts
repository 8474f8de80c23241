// `up`: runs the tree in the foreground, tells what happens, and can be reached over the control socket.

import { containStrayErrors, runUntilSignal } from "../../node/index.ts";
import type { Supervisor } from "../../supervisor.ts";
import { createSupervisor } from "../../supervisor.ts";
import type { Update } from "../../updates.ts";
import { exitCodes } from "../cli-error.ts";
import { findConfig } from "../config/find.ts";
import { loadConfig } from "../config/load.ts";
import { selectServices } from "../config/select.ts";
import { serveControl } from "../control/server.ts";
import { createJournal } from "../journal.ts";
import { createJsonPrinter } from "../up/json-printer.ts";
import { createPlainPrinter } from "../up/plain-printer.ts";
import type { Printer, Stage } from "../up/printer.ts";
import { createTally } from "../up/tally.ts";

export interface UpOptions {
  config?: string;
  json?: boolean;
  /** A port, or true for any. */
  inspect?: number | true;
  healthPort?: number;
}

export async function up(paths: readonly string[], options: UpOptions): Promise<number> {
  const { file, spec } = await loadConfig(findConfig(options.config));
  const journal = createJournal();
  const supervisor = createSupervisor(selectServices(spec, paths), { logger: journal.logger });
  const startedAt = Date.now();
  const control = await serveControl({ file, supervisor, journal, startedAt });
  const stage: Stage = { supervisor, journal, stdout: process.stdout, stderr: process.stderr };
  ignoreBrokenPipes(stage);
  const printer = await createPrinter(stage, options);
  const tally = createTally(supervisor);
  journal.follow((line) => printer.line(line));
  watch(supervisor, (update) => printer.update(update));

  const beside = await serveBeside(supervisor, options, printer);
  if (supervisor.describe().services.some(runsInThisProcess)) {
    printer.notice("errors that nobody catches are taken as failures of the service they come from");
  }
  const uncontain = containStrayErrors(supervisor);
  const ticker = setInterval(() => printer.tick(), 1_000);
  const exitCode = await runUntilSignal(supervisor);
  clearInterval(ticker);
  uncontain();
  printer.end({ exitCode, outcome: await outcomeOf(supervisor, exitCode), ranMs: Date.now() - startedAt, tally });
  await Promise.all(beside.map(({ close }) => close()));
  control.close();
  return exitCode;
}

type Described = ReturnType<Supervisor["describe"]>["services"][number];

/** A service that is no process of its own: its code runs in ours. */
function runsInThisProcess(service: Described): boolean {
  return service.services ? service.services.some(runsInThisProcess) : true;
}

async function createPrinter(stage: Stage, { json }: UpOptions): Promise<Printer> {
  if (json) return createJsonPrinter(stage);
  const isWatched = stage.stderr.isTTY && process.env.TERM !== "dumb" && !process.env.CI;
  if (!isWatched) return createPlainPrinter(stage);
  return (await import("../up/live-printer.ts")).createLivePrinter(stage);
}

const types: readonly Update["type"][] = [
  "status",
  "health",
  "service-health",
  "escalation",
  "unstopped",
  "late",
  "stray-error",
];

function watch(supervisor: Supervisor, onUpdate: (update: Update) => void): void {
  for (const type of types) supervisor.on(type, onUpdate);
}

/** Whoever read our output may go away; what runs does not go with them. */
function ignoreBrokenPipes({ stdout, stderr }: Stage): void {
  for (const stream of [stdout, stderr]) stream.on("error", () => {});
}

interface Beside {
  close(): Promise<void>;
}

async function serveBeside(
  supervisor: Supervisor,
  { inspect, healthPort }: UpOptions,
  printer: Printer,
): Promise<Beside[]> {
  const beside: Beside[] = [];
  if (inspect !== undefined) {
    const { serveInspector } = await import("../../inspector/index.ts");
    const inspector = await serveInspector(supervisor, inspect === true ? {} : { port: inspect });
    printer.notice(`the inspector is at ${inspector.url}`);
    beside.push(inspector);
  }
  if (healthPort !== undefined) {
    const { serveHealth } = await import("./serve-health.ts");
    const health = await serveHealth(supervisor, healthPort);
    printer.notice(`health is at ${health.url}`);
    beside.push(health);
  }
  return beside;
}

async function outcomeOf(supervisor: Supervisor, exitCode: number): Promise<string> {
  if (exitCode > 128) return "cut short by a second signal";
  const exit = await supervisor.exit;
  switch (exit.kind) {
    case "failed":
      return `failed: ${exit.error.message}`;
    case "completed":
      return "completed";
    case "stopped":
      return exitCode === exitCodes.ok ? "stopped as asked" : "failed";
  }
}
