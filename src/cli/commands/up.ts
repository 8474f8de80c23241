// up.ts: `up` runs the tree in the foreground, prints what happens, and serves the control socket.

import { type SupervisorError, toError } from "../../contract/errors.ts";
import { textOf } from "../../contract/wording.ts";
import { createSupervisor, type Supervisor } from "../../index.ts";
import { containStrayErrors, currentService, notifySystemd, runUntilSignal } from "../../node/index.ts";
import { findConfig } from "../config/find.ts";
import { loadConfig } from "../config/load.ts";
import { selectServices } from "../config/select.ts";
import { terminalOwners } from "../config/terminal-owners.ts";
import { askHere } from "../control/ask.ts";
import type { Reload, Running } from "../control/running.ts";
import { serveControl } from "../control/server.ts";
import { createJournal } from "../journal.ts";
import { keepOutput } from "../last-run.ts";
import { summarize } from "../print/difference.ts";
import { formatMs } from "../print/format.ts";
import { isLively } from "../print/lively.ts";
import { unblock } from "../print/unblock.ts";
import { captureOutput } from "../up/capture.ts";
import { createJsonPrinter } from "../up/json-printer.ts";
import { endLeftovers } from "../up/leftovers.ts";
import { writeLogFiles } from "../up/log-files.ts";
import { createNotices } from "../up/notices.ts";
import { tellOddEnds } from "../up/odd-ends.ts";
import { createPlainPrinter } from "../up/plain-printer.ts";
import type { Printer, RunResult, Stage } from "../up/printer.ts";
import { createReload } from "../up/reload.ts";
import { createTally } from "../up/tally.ts";
import { type BesideOptions, serveBeside } from "./serve-beside.ts";

export interface UpOptions extends BesideOptions {
  config?: string;
  json?: boolean;
  /** On a terminal too, print lines alone, and take no keys. */
  plain?: boolean;
  /** Run in the background, and return when the tree is up, or with `wait: false` when it has begun. */
  detach?: boolean;
  wait?: boolean;
  /** This process is the one in the background. */
  background?: boolean;
  /** Restart services when their files change. */
  watch?: boolean;
  /** How long the tree runs on after the signal that stops it, while it is not ready, in milliseconds. */
  drain?: number;
  /** The profiles whose services run, too. */
  profile?: string[];
}

export async function up(paths: readonly string[], options: UpOptions): Promise<number> {
  const config = findConfig(options.config);
  const loading = { profiles: options.profile ?? [], isWhole: paths.length > 0 };
  const { file, spec, isData, read, logTargetOf, watchTargets, cluster } = await loadConfig(config, loading);
  const journal = createJournal();
  const selected = selectServices(spec, paths);
  const [terminalOwner] = terminalOwners(selected);
  const supervisor = createSupervisor(selected, { logger: journal.logger });
  // `up <services…>` may leave it out.
  const isClustered = cluster !== null && supervisor.describe().services.some(({ name }) => name === "cluster");
  const startedAt = Date.now();
  const project = { file, read, logTargetOf };
  const reload = createReload({ config: project, supervisor }, paths, loading, (loaded) => {
    void fileWatch?.update(loaded.watchTargets);
  });
  const notices = createNotices();
  const running: Running = { config: project, supervisor, reload, journal, notices, startedAt };
  const control = await serveControl(running);
  keepOutput(file, journal, supervisor, startedAt);
  ignoreBrokenPipes(() => printer.notice("the reader of the output has gone; `statevisor logs -f` shows what comes"));
  // Services in this process can only come from a module.
  const captured = isData ? null : captureOutput(journal, supervisor.name);
  const { stdout, stderr } = captured ?? process;
  for (const stream of [process.stdout, process.stderr]) unblock(stream);
  const background = options.background
    ? (await import("../up/background.ts")).createBackground(file, { supervisor, journal })
    : null;
  const targetOf = (path: string) => project.logTargetOf(path) ?? background?.targetOf(path);
  const printer = notices.share(
    background?.printer ??
      (await createPrinter({ supervisor, journal, stdout, stderr }, running, { ...options, terminalOwner })),
  );
  const fileWatch = options.watch
    ? (await import("../up/watch-files.ts")).watchFiles(supervisor, (text) => printer.notice(text))
    : null;
  const files = writeLogFiles(journal, targetOf, (text) => printer.notice(text));
  const tally = createTally(supervisor);
  if (printer.piece) journal.followPieces((piece) => printer.piece!(piece));
  else journal.follow((line) => printer.line(line));
  supervisor.on("*", (update) => printer.update(update));
  tellOddEnds(supervisor, (text) => printer.notice(text));

  const beside = await serveBeside(supervisor, options, printer, isClustered).catch(async (error) => {
    captured?.release();
    await control.close();
    throw error;
  });
  await endLeftovers(control.killed, printer);
  if (terminalOwner !== undefined && process.stdin.isTTY) printer.notice(`what is typed goes to ${terminalOwner}`);
  if (!isData) printer.notice("uncaught errors count as failures of the service that they come from");
  const unnotify = notifyManager(supervisor);
  const uncontain = containStrayErrors(supervisor);
  const forget = noticeExit(stderr);
  const noticeIdle = createIdleNotice(supervisor, printer);
  const ticker = setInterval(() => {
    printer.tick();
    noticeIdle();
  }, 1_000);
  await fileWatch?.update(watchTargets);
  // The summary says what went wrong.
  const signals = chooseSignals(() => reloadAndTell(reload, printer));
  const { drain: drainMs = 0 } = options;
  if (drainMs > 0) tellDrain(supervisor, signals, drainMs, printer);
  const exitCode = await runUntilSignal(supervisor, { signals, drainMs, onError: () => {} });
  clearInterval(ticker);
  forget();
  unnotify();
  uncontain();
  captured?.release();
  await printer.end({ exitCode, ...(await outcomeOf(supervisor, exitCode)), ranMs: Date.now() - startedAt, tally });
  await Promise.all([files.close(), fileWatch?.close(), ...beside.map(({ close }) => close())]);
  await control.close();
  return exitCode;
}

/**
 * SIGHUP says that the terminal has gone, and stops a tree that has one. Without a terminal (nohup, cron, a service
 * manager) the config is read again, which changes nothing while it is the same: nohup ignores the signal for its program,
 * but Node takes that back when it starts.
 */
function chooseSignals(reload: () => void): NodeJS.Signals[] {
  if ([process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY))
    return ["SIGINT", "SIGTERM", "SIGHUP"];
  process.on("SIGHUP", reload);
  return ["SIGINT", "SIGTERM"];
}

/** Says what the first signal does while nothing stops yet. */
function tellDrain(
  supervisor: Supervisor,
  signals: readonly NodeJS.Signals[],
  drainMs: number,
  printer: Printer,
): void {
  let isTold = false;
  for (const signal of signals) {
    process.once(signal, () => {
      if (isTold || supervisor.status().state !== "running") return;
      isTold = true;
      printer.notice(`${signal}: not ready any more; stops in ${formatMs(drainMs)}, or at once at a second signal`);
    });
  }
}

/** Tells systemd, if it has started this, how the tree is. The services must not tell it that they are the unit. */
function notifyManager(supervisor: Supervisor): () => void {
  const remove = notifySystemd(supervisor);
  for (const variable of ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) delete process.env[variable];
  return remove;
}

/** Reads the config again, since a signal asks for it. */
async function reloadAndTell(reload: Reload, printer: Printer): Promise<void> {
  try {
    const { difference, apply } = await reload();
    printer.notice(`SIGHUP: the config was read again: ${summarize(difference)}`);
    await apply();
  } catch (error) {
    printer.notice(`SIGHUP: ${textOf(toError(error))}`);
  }
}

/** Says which service has ended the process, if code of one calls process.exit. Returns the remover. */
function noticeExit(stderr: NodeJS.WriteStream): () => void {
  const onExit = (code: number) => {
    const path = currentService()?.path ?? "code outside of every service";
    stderr.write(`statevisor: ${path} called process.exit(${code}): the whole tree ends with this process\n`);
  };
  process.once("exit", onExit);
  return () => process.off("exit", onExit);
}

/** Prints a notice each time that no service of the running tree is left. */
function createIdleNotice(supervisor: Supervisor, printer: Printer): () => void {
  let isSaid = false;
  return () => {
    const { state, counts } = supervisor.status();
    const isIdle = state === "running" && counts.running + counts.starting + counts.stopping + counts.backoff === 0;
    if (isIdle && !isSaid) {
      printer.notice("all services have ended; Ctrl-C ends this (so would `autoShutdown`, with a significant service)");
    }
    isSaid = isIdle;
  };
}

async function createPrinter(
  stage: Stage,
  running: Running,
  { json, plain, terminalOwner }: UpOptions & { terminalOwner: string | undefined },
): Promise<Printer> {
  if (json) return createJsonPrinter(stage);
  if (plain || !isLively(stage.stderr)) return createPlainPrinter(stage);
  const { createLivePrinter } = await import("../up/live-printer.ts");
  // What is typed is for the service that reads from the terminal.
  const stdin = process.stdin.isTTY && terminalOwner === undefined ? process.stdin : null;
  return createLivePrinter(stage, { stdin, ask: askHere(running) });
}

/** Keeps the tree running when the reader of the output goes away. */
function ignoreBrokenPipes(onFirst: () => void): void {
  let isSaid = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => {
      if (!isSaid) onFirst();
      isSaid = true;
    });
  }
}

async function outcomeOf(supervisor: Supervisor, exitCode: number): Promise<Pick<RunResult, "outcome" | "reasons">> {
  if (exitCode > 128) return { outcome: "cut short by a second signal", reasons: [] };
  const exit = await supervisor.exit;
  if (exit.kind === "failed") return { outcome: "failed", reasons: reasonsOf(exit.error) };
  return { outcome: exit.kind === "completed" ? "completed" : "stopped as asked", reasons: [] };
}

/** The error, the errors of a roll-back or a stop, and the causes, without those that say nothing new. */
function reasonsOf(error: SupervisorError): string[] {
  const reasons = [error.message];
  const add = ({ message }: Error) => {
    if (!reasons.some((reason) => reason.includes(message))) reasons.push(message);
  };
  for (const one of error.errors ?? []) add(one);
  for (let cause: unknown = error.cause, left = 10; cause instanceof Error && left > 0; cause = cause.cause, left--) {
    add(cause);
  }
  return reasons;
}
