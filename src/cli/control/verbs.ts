// verbs.ts: carries out what a client of the control socket asks for, on the running tree.

import { SupervisorError, toError } from "../../contract/errors.ts";
import { textOf } from "../../contract/wording.ts";
import type { Redefinition, Supervisor } from "../../index.ts";
import { CliError } from "../cli-error.ts";
import { isAmong, type Journal, type JournalLine } from "../journal.ts";
import { toReport } from "../report.ts";
import { describeAge, isOutdated, type ReadFiles } from "./config-age.ts";

/** What a reload would change, or has changed; as with `redefine` it rejects when not all of it is up. */
export type Reload = (options: { dryRun: boolean }) => Promise<Redefinition>;

/** The tree that `up` runs. */
export interface Running {
  /** The config file, and the files that it was read from last. */
  readonly config: { readonly file: string; read: ReadFiles };
  readonly supervisor: Supervisor;
  readonly reload: Reload;
  readonly journal: Journal;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** The version of every document that the command prints as JSON. It grows with a change that breaks readers. */
export const schemaVersion = 1;

/** How often the client of a change is sent what the change waits for, in milliseconds. */
const patienceMs = 5_000;

/** How many lines of output `explain` shows. */
const shownOutput = 10;

export type CheckedVerb = keyof typeof verbs;

export interface Call {
  readonly services: readonly string[];
  readonly follow: boolean;
  readonly lines: number;
  readonly dryRun: boolean;
  readonly rolling: boolean;
  /** Aborts when the client has gone, or the tree is going. */
  readonly signal: AbortSignal;
  /** Sends a part of the answer; false: the client is slow, wait before sending more. */
  send(data: unknown): boolean;
  /** Sends a message for the user who waits. */
  notice(text: string): void;
  /** Calls `listener` whenever a client that was slow has caught up. */
  onDrain(listener: () => void): void;
}

/** Each verb answers by `call.send`, and resolves to whether all went well: the client then exits with 0. */
export const verbs = {
  status: async ({ config, supervisor, journal, startedAt }: Running, call: Call) => {
    const { services } = call;
    const tree = supervisor.status();
    call.send({
      schemaVersion,
      project: config.file,
      configChanged: isOutdated(config.read),
      pid: process.pid,
      startedAt: new Date(startedAt).toISOString(),
      now: supervisor.now(),
      tree: toReport(tree, supervisor, journal),
      // The services that the client named, in that order; an unknown name is an error.
      ...(services.length > 0 && {
        services: services.map((path) => toReport(supervisor.status(path), supervisor, journal)),
      }),
    });
    const age = describeAge(config.read);
    if (age !== undefined) call.notice(age);
    return true;
  },

  health: async ({ supervisor }: Running, call: Call) => {
    const health = supervisor.health();
    const services = Object.entries(health.services).map(([path, service]) => {
      const { phase, exit } = supervisor.status(path);
      return [path, { ...service, phase, exit }];
    });
    call.send({ schemaVersion, ...health, services: Object.fromEntries(services) });
    return health.status !== "unhealthy";
  },

  explain: async ({ supervisor, journal }: Running, call: Call) => {
    for (const service of call.services) {
      const explanation = supervisor.explain(service);
      const output = journal.newest([explanation.path], shownOutput).map(({ text }) => text);
      call.send({ schemaVersion, ...explanation, output });
    }
    return true;
  },

  logs: async ({ supervisor, journal }: Running, call: Call) => {
    const paths = call.services.map((path) => supervisor.status(path).path);
    for (const line of journal.newest(paths, call.lines)) call.send({ schemaVersion, ...line });
    if (call.follow) await followLogs(journal, paths, call);
    return true;
  },

  start: (running: Running, call: Call) => eachService(running, call, (path) => running.supervisor.startService(path)),
  stop: (running: Running, call: Call) => eachService(running, call, (path) => running.supervisor.stopService(path)),
  restart: (running: Running, call: Call) =>
    eachService(running, call, (path) => restart(running.supervisor, path, call)),

  reload: async (running: Running, call: Call) => {
    const { dryRun } = call;
    const difference = await running.reload({ dryRun: true });
    const document = { schemaVersion, dryRun, ...difference };
    if (dryRun) {
      call.send(document);
      return true;
    }
    const pending = new Set([...difference.added, ...difference.changed]);
    const stopTelling = tellWaits(running.supervisor, pending, call);
    try {
      await running.reload({ dryRun: false });
      call.send(document);
      return true;
    } catch (error) {
      call.send(document);
      for (const one of failuresOf(error)) call.send({ schemaVersion, ...one });
      return false;
    } finally {
      stopTelling();
    }
  },

  down: async ({ supervisor }: Running, call: Call) => {
    await supervisor.stop();
    call.send({ schemaVersion, stopped: true });
    return true;
  },
};

/** With `rolling`, what is below a supervisor is restarted one after another, each healthy before the next. */
async function restart(supervisor: Supervisor, path: string, { rolling, notice }: Call): Promise<void> {
  const status = supervisor.status(path);
  if (!rolling || !("services" in status)) return supervisor.restartService(path);
  for (const [at, { path: instance }] of status.services.entries()) {
    notice(`${instance} restarts (${at + 1} of ${status.services.length})`);
    await supervisor.restartService(instance);
  }
}

/** Changes all services at once: the tree orders those that depend on each other. An unknown name changes none. */
async function eachService(
  { config, supervisor }: Running,
  call: Call,
  act: (path: string) => Promise<void>,
): Promise<boolean> {
  const age = describeAge(config.read);
  if (age !== undefined) call.notice(age);
  for (const service of call.services) {
    if (supervisor.status(service).path !== supervisor.name) continue;
    const hint = "`statevisor down` stops it, `statevisor up` starts it";
    throw new SupervisorError("ERR_UNKNOWN_SERVICE", `${service} is the whole tree and no service of it: ${hint}`);
  }
  const before = new Map(call.services.map((service) => [service, supervisor.status(service).state]));
  const pending = new Set(call.services);
  const stopTelling = tellWaits(supervisor, pending, call);
  const results = await Promise.all(
    call.services.map((service) =>
      act(service)
        .then(
          () => ({ service, ok: true as const, before: before.get(service), ...standing(supervisor, service) }),
          (error) => ({ service, ok: false as const, error: toFailure(error) }),
        )
        .finally(() => pending.delete(service)),
    ),
  ).finally(stopTelling);
  for (const result of results) call.send({ schemaVersion, ...result });
  return results.every(({ ok }) => ok);
}

/** Tells a client that waits, now and then, what for. Returns what ends that. */
function tellWaits(supervisor: Supervisor, services: ReadonlySet<string>, call: Call): () => void {
  const ticker = setInterval(() => {
    for (const service of services) {
      const summary = summaryOf(supervisor, service);
      if (summary !== undefined) call.notice(`${service}: ${summary}`);
    }
  }, patienceMs);
  return () => clearInterval(ticker);
}

/** undefined for a service that is not there, yet or any more. */
function summaryOf(supervisor: Supervisor, service: string): string | undefined {
  try {
    return supervisor.explain(service).summary;
  } catch {
    return undefined;
  }
}

/** One for each service that failed to stop or to start. */
function failuresOf(thrown: unknown) {
  const { errors = [] } = thrown as { errors?: readonly Error[] };
  const all = errors.length > 0 ? errors : [toError(thrown)];
  return all.map((error) => {
    const path = error instanceof SupervisorError ? error.path : undefined;
    return { service: path ?? null, error: toFailure(error) };
  });
}

/** How a change has left a service: a stop leaves one that had completed as it was. */
function standing(supervisor: Supervisor, service: string) {
  const { state, phase } = supervisor.status(service);
  return { state, phase };
}

export interface Failure {
  readonly message: string;
  readonly code?: string;
  /** The exit code for the client. */
  readonly exitCode?: number;
}

export function toFailure(thrown: unknown): Failure {
  const error = toError(thrown);
  return {
    message: textOf(error),
    ...(error instanceof SupervisorError && { code: error.code }),
    ...(error instanceof CliError && { exitCode: error.exitCode }),
  };
}

/** A client that reads slowly is sent what fits, then how many lines it missed. The tree does not wait for it. */
async function followLogs(journal: Journal, paths: readonly string[], call: Call): Promise<void> {
  let missed = 0;
  let isSlow = false;
  const send = (line: JournalLine | { dropped: number }) => {
    isSlow = !call.send({ schemaVersion, ...line });
  };
  const unfollow = journal.follow((line) => {
    if (!isAmong(line.path, paths)) return;
    if (isSlow) missed++;
    else send(line);
  });
  call.onDrain(() => {
    const dropped = missed;
    isSlow = false;
    missed = 0;
    if (dropped > 0) send({ dropped });
  });
  await new Promise<void>((resolve) => {
    if (call.signal.aborted) resolve();
    else call.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  unfollow();
}
