// verbs.ts: carries out what a client of the control socket asks for, on the running tree.

import { SupervisorError, toError } from "../../contract/errors.ts";
import { textOf } from "../../contract/wording.ts";
import type { Supervisor } from "../../index.ts";
import { isAmong, type Journal, type JournalLine } from "../journal.ts";
import { toReport } from "../report.ts";
import { describeAge, type FileState, fileState } from "./config-age.ts";

/** The tree that `up` runs. */
export interface Running {
  readonly file: string;
  /** The state of the file when it was read. */
  readonly fileRead: FileState;
  readonly supervisor: Supervisor;
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
  status: async ({ file, fileRead, supervisor, journal, startedAt }: Running, call: Call) => {
    const { services } = call;
    const tree = supervisor.status();
    call.send({
      schemaVersion,
      project: file,
      configChanged: fileState(file) !== fileRead,
      pid: process.pid,
      startedAt: new Date(startedAt).toISOString(),
      now: supervisor.now(),
      tree: toReport(tree, supervisor, journal),
      // The services that the client named, in that order; an unknown name is an error.
      ...(services.length > 0 && {
        services: services.map((path) => toReport(supervisor.status(path), supervisor, journal)),
      }),
    });
    const age = describeAge(file, fileRead);
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
    eachService(running, call, (path) => running.supervisor.restartService(path)),

  down: async ({ supervisor }: Running, call: Call) => {
    await supervisor.stop();
    call.send({ schemaVersion, stopped: true });
    return true;
  },
};

/** Changes all services at once: the tree orders those that depend on each other. An unknown name changes none. */
async function eachService(
  { file, fileRead, supervisor }: Running,
  call: Call,
  act: (path: string) => Promise<void>,
): Promise<boolean> {
  const age = describeAge(file, fileRead);
  if (age !== undefined) call.notice(age);
  for (const service of call.services) {
    if (supervisor.status(service).path !== supervisor.name) continue;
    const hint = "`statevisor down` stops it, `statevisor up` starts it";
    throw new SupervisorError("ERR_UNKNOWN_SERVICE", `${service} is the whole tree and no service of it: ${hint}`);
  }
  const before = new Map(call.services.map((service) => [service, supervisor.status(service).state]));
  const pending = new Set(call.services);
  const ticker = setInterval(() => {
    for (const service of pending) call.notice(`${service}: ${supervisor.explain(service).summary}`);
  }, patienceMs);
  const results = await Promise.all(
    call.services.map((service) =>
      act(service)
        .then(
          () => ({ service, ok: true as const, before: before.get(service), ...standing(supervisor, service) }),
          (error) => ({ service, ok: false as const, error: toFailure(error) }),
        )
        .finally(() => pending.delete(service)),
    ),
  ).finally(() => clearInterval(ticker));
  for (const result of results) call.send({ schemaVersion, ...result });
  return results.every(({ ok }) => ok);
}

/** How a change has left a service: a stop leaves one that had completed as it was. */
function standing(supervisor: Supervisor, service: string) {
  const { state, phase } = supervisor.status(service);
  return { state, phase };
}

export function toFailure(thrown: unknown): { message: string; code?: string } {
  const error = toError(thrown);
  return { message: textOf(error), ...(error instanceof SupervisorError && { code: error.code }) };
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
