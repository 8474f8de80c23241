// runProcess: one incarnation of a process, from its spawn until nothing of its group is left.

import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";
import type { stdins } from "../contract/sets.ts";
import { formatBytes } from "../contract/size.ts";
import type { ServiceContext } from "../contract/spec.ts";
import { ensureGuard, guardGroup } from "./guard.ts";
import { limitMemory } from "./memory-limit.ts";
import { formatEnd, type ProcessEnd, ProcessError, toSpawnError } from "./process-error.ts";
import { signalGroup, whenGroupEnds } from "./process-group.ts";
import type { SpawnedEntry } from "./process-log.ts";
import { type OutputStream, ProcessOutput } from "./process-output.ts";
import { redactUrls } from "./redact-url.ts";
import { launchAs } from "./run-as.ts";
import { giveTerminal, inTerminal } from "./terminal-input.ts";
import { endTerminal, terminalVariable } from "./terminal-session.ts";

/** A checked program. */
export interface Program {
  readonly command: readonly string[] | string;
  readonly cwd: string | undefined;
  readonly env: Record<string, string | undefined> | undefined;
  readonly uid: number | string | undefined;
  readonly gid: number | string | undefined;
  readonly stopSignal: NodeJS.Signals;
  readonly stopMode: "group" | "leader";
  readonly stdin: (typeof stdins)[number];
  /** In bytes. */
  readonly maxMemory: number | undefined;
  readonly successExitCodes: readonly number[];
  readonly readyOn: "start" | "signal" | RegExp;
  readonly hasChannel: boolean;
  readonly onLine: ((line: string, stream: OutputStream) => unknown) | undefined;
}

// Together these are less than the 2 seconds that the supervisor gives to code that ends by force.
/** The output of a process that has ended is read until no line has come for so long. */
const lastOutputMs = 500;
/** How long a group may take to be gone after SIGKILL. */
const killedMs = 1_000;

export async function runProcess(program: Program, ctx: ServiceContext): Promise<ProcessEnd> {
  const { signal: stopped, forceSignal: forced, log } = ctx;
  ensureGuard();
  const terminal = program.stdin === "tty" ? randomUUID() : null;
  const variables = { ...roleVariables(ctx), ...(terminal && { [terminalVariable]: terminal }) };
  const { child, pid, release } = await spawnGroup({ ...program, env: { ...program.env, ...variables } }, ctx.path);
  log.info({ event: "spawned", pid, command: redactCommand(program.command) } satisfies SpawnedEntry, "spawned");

  // Once the group is empty its number may be that of another one: neither signals it any more.
  let isEmpty = false;
  const ask = () => {
    if (program.stopMode === "leader") child.kill(program.stopSignal);
    else if (!isEmpty) signalGroup(pid, program.stopSignal);
  };
  const kill = () => {
    if (isEmpty) return;
    log.warn({ pid }, "not ended within stopTimeoutMs: killed");
    signalGroup(pid, "SIGKILL");
  };
  // It may have been asked while it was being spawned.
  if (stopped.aborted) ask();
  else stopped.addEventListener("abort", ask, { once: true });
  forced.addEventListener("abort", kill, { once: true });

  const unlimit = limitProgram(program, pid, ctx);
  const takeTerminal = terminal === null ? () => {} : tryTerminal(child, ctx);
  const output = new ProcessOutput(log, { pid }, program.onLine);
  const exited = whenExited(child, ctx);
  watchReady(program, child, output, () => ctx.ready({ pid }), ctx);
  output.read(child.stdout!, "stdout");
  output.read(child.stderr!, "stderr");

  const end = await exited;
  if (stopped.aborted && program.stopMode === "leader") signalGroup(pid, program.stopSignal);
  await endGroup(pid, ctx);
  isEmpty = true;
  if (terminal !== null) await endTerminal(terminal, ctx);
  unlimit();
  takeTerminal();
  release();
  await output.close(lastOutputMs, forced);
  if (stopped.aborted || (end.exitCode !== null && program.successExitCodes.includes(end.exitCode))) return end;
  throw toError(program, ctx.path, pid, end, output);
}

/** Fails the incarnation when another process has the terminal. Returns what takes it back. */
function tryTerminal(child: ChildProcess, ctx: ServiceContext): () => void {
  try {
    return giveTerminal(child);
  } catch (error) {
    ctx.fail(new Error(`${ctx.path}: ${(error as Error).message}`));
    return () => {};
  }
}

/** Fails the incarnation when its group uses too much memory. Returns what ends the watch. */
function limitProgram({ maxMemory }: Program, group: number, ctx: ServiceContext): () => void {
  if (maxMemory === undefined) return () => {};
  return limitMemory(group, maxMemory, (bytes) => {
    const message = `${ctx.path}: it uses ${formatBytes(bytes)} of memory; maxMemory is ${formatBytes(maxMemory)}`;
    ctx.fail(new Error(message), "memory");
  });
}

/** What a process that is clustered finds in its environment: which role and shard it is, and its fencing token. */
function roleVariables({ lease }: ServiceContext): Record<string, string> {
  if (lease === null) return {};
  const { role, shard, token } = lease;
  return {
    STATEVISOR_ROLE: role,
    ...(shard !== null && { STATEVISOR_SHARD: String(shard) }),
    STATEVISOR_TOKEN: String(token),
  };
}

const inputs = { none: "ignore", pipe: "pipe", inherit: "inherit", tty: "pipe" } as const;

interface Spawned {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Has the guard forget the group. */
  readonly release: () => void;
}

function redactCommand(command: readonly string[] | string): readonly string[] | string {
  return typeof command === "string" ? redactUrls(command) : command.map(redactUrls);
}

/**
 * Spawns it as the leader of a group (and session) of its own. Its pid is known in the same turn, unless it runs as
 * another user, who has to be looked up. The guard is told before anything else happens: the next program that is spawned
 * could kill this process.
 */
async function spawnGroup(
  { command, cwd, env, uid, gid, stdin, hasChannel, stopSignal }: Program,
  path: string,
): Promise<Spawned> {
  const [program, ...words] = typeof command === "string" ? ["/bin/sh", "-c", command] : command;
  try {
    const {
      file: own,
      args: ownArgs,
      ...user
    } = await launchAs({ uid, gid }, { file: program!, args: words, cwd, env });
    const { file, args } = stdin === "tty" ? inTerminal({ file: own, args: ownArgs }) : { file: own, args: ownArgs };
    const input = inputs[stdin];
    const options: SpawnOptions = {
      ...user,
      detached: true,
      cwd,
      stdio: hasChannel ? [input, "pipe", "pipe", "ipc"] : [input, "pipe", "pipe"],
    };
    const child = spawn(file, [...args], options);
    // It may close the pipe, which nothing is written to.
    child.stdin?.on("error", () => {});
    if (child.pid === undefined) await once(child, "spawn");
    return { child, pid: child.pid!, release: guardGroup(child.pid!, stopSignal) };
  } catch (error) {
    throw toSpawnError(path, command, cwd, error as Error);
  }
}

function whenExited(child: ChildProcess, { log }: ServiceContext): Promise<ProcessEnd> {
  child.on("error", (error) => log.warn({ err: error, pid: child.pid }, "a message or signal did not reach it"));
  return new Promise((resolve) => {
    child.once("exit", (exitCode, signal) => resolve({ exitCode, signal }));
  });
}

function watchReady(
  { readyOn, hasChannel }: Program,
  child: ChildProcess,
  output: ProcessOutput,
  ready: () => void,
  { heartbeat }: ServiceContext,
): void {
  if (hasChannel) {
    child.on("message", (message) => {
      if (message === "ready" && readyOn === "signal") ready();
      else if (message === "heartbeat") heartbeat();
    });
  }
  if (readyOn === "start") return ready();
  if (readyOn === "signal") return;
  // A global or sticky expression would remember where it matched last.
  const pattern = new RegExp(readyOn.source, readyOn.flags.replace(/[gy]/g, ""));
  output.watcher = (line) => {
    if (!pattern.test(stripVTControlCharacters(line))) return;
    output.watcher = null;
    ready();
  };
}

/**
 * Ends the rest of a group whose leader has ended. If the group was asked to stop, it has the rest of that time; if not,
 * what is left is killed at once. One SIGKILL reaches all: a fork does not get through it.
 */
async function endGroup(group: number, { signal: stopped, forceSignal: forced, log }: ServiceContext): Promise<void> {
  if (stopped.aborted && (await whenGroupEnds(group, forced))) return;
  if (!signalGroup(group, "SIGKILL")) return;
  if (await whenGroupEnds(group, AbortSignal.timeout(killedMs))) return;
  // They belong to another user, or are stuck in the kernel.
  log.error({ pid: group }, "members of its process group cannot be killed, and go on");
  // The process has not stopped before they have: the supervisor reports it as unstopped.
  if (stopped.aborted) await whenGroupEnds(group);
}

function toError({ command }: Program, path: string, pid: number, end: ProcessEnd, output: ProcessOutput): Error {
  return new ProcessError(`${path}: ${formatEnd(command, end, output.lastWords)}`, pid, end, output.tail);
}
