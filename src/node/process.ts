// defineProcess: a service that is a program. Its options are checked here; process-run.ts runs it.

import { constants } from "node:os";
import { accountName, check, invalid } from "../contract/check.ts";
import { SupervisorError } from "../contract/errors.ts";
import { isInRange, ranges } from "../contract/ranges.ts";
import { stdins, stopModes } from "../contract/sets.ts";
import { sizeWords, toBytes } from "../contract/size.ts";
import type { ServiceOptions, ServiceSpec } from "../contract/spec.ts";
import { didYouMean } from "../contract/wording.ts";
import { asProbeOf } from "./exec-probe.ts";
import { noteOrigin } from "./made-from.ts";
import type { OutputStream } from "./process-output.ts";
import { runProcess } from "./process-run.ts";

/** The value of a process: dependants and probes get it. */
export interface ProcessValue {
  readonly pid: number;
}

/** Everything of a service but its body, and the program. */
export interface ProcessSpec extends ServiceOptions<ProcessValue> {
  /** The file, found on the PATH of its `env`, and its arguments; no shell. With `shell: true`: one string for it. */
  command: readonly [file: string, ...args: string[]] | string;
  /** @default false */
  shell?: boolean;
  /** @default the current folder of this process, at each start */
  cwd?: string | undefined;
  /** Laid over the environment of this process; undefined takes a variable out. */
  env?: Record<string, string | undefined> | undefined;
  /**
   * The user that it runs as, by number or by name. Only root may set it. HOME, USER, LOGNAME and SHELL of its `env`
   * default to those of the user. The other groups of the user come with it where the machine has `setpriv` (Linux).
   */
  uid?: number | string | undefined;
  /** The group, by number or by name. @default that of the user `uid`, or else that of this process */
  gid?: number | string | undefined;
  /**
   * What asks it to stop; sent to the whole process group, unless `stopMode` says otherwise.
   *
   * @default "SIGTERM"
   */
  stopSignal?: NodeJS.Signals;
  /**
   * Whom `stopSignal` is sent to first. leader: the program alone, for one that drains and needs its children for that;
   * the rest of its group is asked when it has ended. SIGKILL at the deadline goes to the whole group in both.
   *
   * @default "group"
   */
  stopMode?: (typeof stopModes)[number];
  /**
   * What it reads from stdin. none: the end, at once. pipe: a pipe that stays open and empty, for a program that ends
   * when its stdin does, as many that watch files do. inherit: what this process reads from its own. tty: a
   * pseudo-terminal, for stdin and output, which gets what is typed in the terminal of this process, key by key; it needs
   * `script`. The program is then in a session of its own: a stop asks `script`, which passes SIGTERM on, and SIGKILL ends
   * the terminal. One process at a time may have it; a second fails.
   *
   * @default "none"
   */
  stdin?: (typeof stdins)[number];
  /**
   * The most resident memory that its process group may use, in bytes or as a size ("300MB"). It is looked at after a
   * second, and then every 10 s; beyond it the incarnation fails (`cause: "memory"`): it is stopped, and restarted by its
   * policy. What several processes share counts for each.
   *
   * @default no limit
   */
  maxMemory?: number | string | undefined;
  /**
   * The exit codes that mean completed; any other code, and a signal that the supervisor did not send, is a failure.
   *
   * @default [0]
   */
  successExitCodes?: readonly number[];
  /**
   * When it is up. start: once it is spawned. signal: when it sends the IPC message "ready" (`process.send("ready")`,
   * of a Node program). A regular expression: when it matches a line of its output, colours aside. One that ends before
   * that has completed or failed, as its exit code says.
   *
   * @default "start"
   */
  readyOn?: "start" | "signal" | RegExp;
  /**
   * Called for each line of its output, without the end of the line. Bytes that are not UTF-8 come as U+FFFD, a line of
   * more than 65,536 characters in pieces. While a promise that it returns is pending, no more of that stream is read,
   * and the process has to wait once the pipe is full. One that throws or rejects is logged, and the process goes on.
   */
  onLine?: (line: string, stream: OutputStream) => unknown;
}

/**
 * A service that is a program, in a process group of its own. POSIX only.
 *
 * Up: as `readyOn` says; what cannot be spawned (no such file, not executable, bad cwd) is a failed start, and is not tried
 * again unless `restart.decide` says "restart". Its end is `completed` for an exit code in `successExitCodes`, else
 * `failed` with a `ProcessError`: how it ended, and the last 50 lines of its output. With `restart: "on-failure"`, the default, a program that completed is not started again.
 *
 * Stop: `stopSignal` to the group (`stopMode`); SIGKILL to the group when `stopTimeoutMs` has passed, which counts as
 * stopped, since nothing of it runs any more. When the program itself has ended, the rest of its group has the rest of that time if
 * it was asked to stop, and is killed at once if it was not. So nothing of a group outlives its incarnation; what has
 * left the group (setsid, as daemons do) is out of reach.
 *
 * If this process dies, even by SIGKILL, a small guard process (1 MB, one for all) ends the groups: `stopSignal`, and
 * SIGKILL 2 seconds later.
 *
 * A process of a singleton or a shard has `STATEVISOR_ROLE`, `STATEVISOR_SHARD` and the fencing token `STATEVISOR_TOKEN` in its
 * environment.
 *
 * stdin is empty, unless `stdin` says otherwise. Every line of output is logged (`ctx.log.info({ stream, pid }, line)`), the
 * beginning of one whose end does not come within 300 ms (`ctx.log.debug({ stream, pid, part: true }, text)`), and the start
 * (`ctx.log.info({ event: "spawned", pid, command }, "spawned")`). With `readyOn: "signal"` or `watchdogMs` it has an IPC channel; the
 * message "heartbeat" feeds the watchdog.
 *
 * @throws SupervisorError ERR_INVALID_SPEC for a bad option of the program; the others are checked by createSupervisor.
 *
 * ```ts
 * const cache = defineProcess({
 *   name: "cache",
 *   command: ["redis-server", "--port", "6400"],
 *   readyOn: /Ready to accept connections/,
 *   health: tcpProbe(6400),
 * });
 * ```
 */
export function defineProcess(spec: ProcessSpec): ServiceSpec<ProcessValue> {
  const {
    command,
    shell,
    cwd,
    env,
    uid,
    gid,
    stopSignal,
    successExitCodes,
    readyOn,
    onLine,
    stopMode,
    stdin,
    maxMemory,
    ...rest
  } = spec;
  const { name } = rest;
  if (command === undefined) throw noCommand(spec);
  checkCommand(name, command, check.boolean(name, "shell", shell, false));
  if (cwd !== undefined && typeof cwd !== "string") throw invalid(name, "cwd", "a path", cwd);
  if (env !== undefined) checkEnv(name, env);
  for (const [option, id] of Object.entries({ uid, gid })) {
    if (typeof id === "string" ? !accountName.test(id) : id !== undefined && !isInRange(ranges.id, id)) {
      throw invalid(name, option, `${ranges.id.words}, or a name`, id);
    }
  }
  if (successExitCodes !== undefined && !isCodes(successExitCodes)) {
    throw invalid(name, "successExitCodes", "an array of integers from 0 to 255", successExitCodes);
  }
  if (!(readyOn instanceof RegExp)) check.oneOf(name, "readyOn", readyOn, ["start", "signal"], "start");
  check.function(name, "onLine", onLine);
  const maxBytes = toBytes(maxMemory);
  if (maxMemory !== undefined && maxBytes === undefined) throw invalid(name, "maxMemory", sizeWords, maxMemory);
  const program = {
    command,
    cwd,
    env,
    uid,
    gid,
    stopSignal: checkSignal(name, stopSignal ?? "SIGTERM"),
    stopMode: check.oneOf(name, "stopMode", stopMode, stopModes, "group"),
    stdin: check.oneOf(name, "stdin", stdin, stdins, "none"),
    maxMemory: maxBytes,
    successExitCodes: successExitCodes ?? [0],
    readyOn: readyOn ?? ("start" as const),
    hasChannel: readyOn === "signal" || spec.watchdogMs !== undefined,
    onLine,
  };
  const probes = Object.fromEntries(
    (["health", "readiness", "liveness"] as const)
      .filter((kind) => rest[kind] !== undefined)
      .map((kind) => [kind, asProbeOf({ cwd, env, uid, gid }, rest[kind])]),
  );
  const service: ServiceSpec<ProcessValue> = {
    ...rest,
    ...probes,
    readyOn: "signal",
    run: (ctx) => runProcess(program, ctx),
  };
  return noteOrigin(service, "defineProcess", spec);
}

/** Refuses a spec without command, and names the misspelt key, which createSupervisor would find later. */
function noCommand(spec: ProcessSpec): SupervisorError {
  const near = Object.keys(spec).find((key) => didYouMean(key, ["command"]) !== "");
  const hint = near === undefined ? "" : `; there is "${near}": did you mean it?`;
  const message = `${spec.name}: command is missing: an array of strings, [file, ...args]${hint}`;
  return new SupervisorError("ERR_INVALID_SPEC", message, { path: spec.name });
}

function checkCommand(name: string, command: unknown, shell: boolean): void {
  if (shell) {
    if (typeof command !== "string" || command.trim() === "") {
      throw invalid(name, "command", "one string for the shell (shell: true)", command);
    }
    return;
  }
  if (typeof command === "string") {
    const message = `${name}: command must be an array, [file, ...args]; got one string: write ${JSON.stringify(command.split(" "))}, or set shell: true`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path: name });
  }
  const isWords = Array.isArray(command) && command.every((word) => typeof word === "string" && !word.includes("\0"));
  if (!isWords || command.length === 0 || command[0] === "") {
    throw invalid(name, "command", "an array of strings, [file, ...args]", command);
  }
}

function checkEnv(name: string, env: object): void {
  check.object(name, "env", env);
  for (const [variable, value] of Object.entries(env)) {
    if (value !== undefined && typeof value !== "string") throw invalid(name, `env.${variable}`, "a string", value);
  }
}

function isCodes(codes: unknown): boolean {
  return Array.isArray(codes) && codes.every((code) => isInRange(ranges.exitCode, code));
}

function checkSignal(name: string, signal: unknown): NodeJS.Signals {
  if (typeof signal === "string" && Object.hasOwn(constants.signals, signal)) return signal as NodeJS.Signals;
  throw invalid(name, "stopSignal", 'the name of a signal, like "SIGTERM"', signal);
}
