// execProbe: a check that runs a command; exit code 0 is healthy.

import { spawn } from "node:child_process";
import { check, checkKeys, invalid } from "../contract/check.ts";
import type { HealthCheck, Probe, ProbeContext } from "../contract/spec.ts";
import { silent } from "../tree/tree.ts";
import { ensureGuard, guardGroup } from "./guard.ts";
import { noteOrigin } from "./made-from.ts";
import type { FromService } from "./probes.ts";
import { formatEnd, toSpawnError } from "./process-error.ts";
import { signalGroup } from "./process-group.ts";
import { ProcessOutput } from "./process-output.ts";
import { launchAs } from "./run-as.ts";

export interface ExecProbeOptions {
  /** @default that of the `defineProcess` that it probes, or else the current folder of this process */
  cwd?: string | undefined;
  /**
   * Laid over the environment of the `defineProcess` that it probes, or else over that of this process; undefined takes a
   * variable out.
   */
  env?: Record<string, string | undefined> | undefined;
  /**
   * The user that it runs as. Only root may set it.
   *
   * @default that of the `defineProcess` that it probes, or else the user of this process
   */
  uid?: number | string | undefined;
  gid?: number | string | undefined;
}

type Command = readonly [file: string, ...args: string[]];

/**
 * Healthy when a command exits with code 0. It runs without a shell, in a process group of its own, which is killed when
 * the check takes longer than the probe's `timeoutMs`, or its incarnation ends.
 *
 * ```ts
 * health: { check: execProbe(["pg_isready", "--quiet"]), timeoutMs: 3_000 }
 * ```
 */
export function execProbe<Value = unknown>(
  command: FromService<Command, Value>,
  options: ExecProbeOptions = {},
): HealthCheck<Value> {
  check.object("execProbe", "options", options);
  checkKeys("execProbe", options, ["cwd", "env", "uid", "gid"]);
  if (typeof command !== "function") checkCommand(command);
  const make = (all: ExecProbeOptions) => {
    const healthCheck: HealthCheck<Value> = (ctx) =>
      run(checkCommand(typeof command === "function" ? command(ctx) : command), all, ctx);
    return noteOrigin(healthCheck, "execProbe", command, all);
  };
  const healthCheck = make(options);
  makers.set(healthCheck, (service) => make(laidOver(service, options)) as HealthCheck);
  return healthCheck;
}

/** How the check of an `execProbe` is made again for the process that it turns out to probe. */
const makers = new WeakMap<object, (service: ExecProbeOptions) => HealthCheck>();

/** A probe of a process: an `execProbe` runs where and as whom the process does, unless it says otherwise. */
export function asProbeOf<Value>(service: ExecProbeOptions, probe: Probe<Value> | undefined): Probe<Value> | undefined {
  const healthCheck = typeof probe === "object" && probe !== null ? probe.check : probe;
  const made = typeof healthCheck === "function" ? makers.get(healthCheck)?.(service) : undefined;
  if (made === undefined) return probe;
  return typeof probe === "function" ? made : { ...probe, check: made };
}

function laidOver(service: ExecProbeOptions, own: ExecProbeOptions): ExecProbeOptions {
  const { uid, gid } = own.uid === undefined ? service : own;
  return { cwd: own.cwd ?? service.cwd, env: { ...service.env, ...own.env }, uid, gid: own.gid ?? gid };
}

function checkCommand(command: unknown): Command {
  const isWords = Array.isArray(command) && command.every((word) => typeof word === "string") && command[0];
  if (isWords) return command as unknown as Command;
  throw invalid("execProbe", "command", "an array of strings, [file, ...args]", command);
}

async function run(command: Command, options: ExecProbeOptions, { path, signal }: ProbeContext): Promise<void> {
  ensureGuard();
  const [file, ...args] = command;
  const { cwd, env } = options;
  const launch = await launchAs(options, { file, args, cwd, env }).catch((error) => {
    throw toSpawnError(path, command, cwd, error);
  });
  const child = spawn(launch.file, launch.args, { ...launch, detached: true, cwd, stdio: ["ignore", "pipe", "pipe"] });
  const exited = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once("error", (error) => reject(toSpawnError(path, command, cwd, error)));
    child.once("exit", (exitCode, by) => resolve({ exitCode, signal: by }));
  });
  const { pid } = child;
  if (pid === undefined) return void (await exited);

  const release = guardGroup(pid, "SIGKILL");
  const kill = () => void signalGroup(pid, "SIGKILL");
  if (signal.aborted) kill();
  else signal.addEventListener("abort", kill, { once: true });
  const output = new ProcessOutput(silent, { pid }, undefined);
  output.read(child.stdout, "stdout");
  output.read(child.stderr, "stderr");

  const end = await exited;
  signal.removeEventListener("abort", kill);
  kill();
  release();
  await output.close(100);
  if (end.exitCode === 0) return;
  throw new Error(formatEnd(command, end, output.lastWords));
}
