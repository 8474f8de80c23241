// Fixture programs in processes of their own. They import the built package: tsx takes half a second for each start.

import { type ChildProcess, spawn } from "node:child_process";
import { onTestFinished } from "vitest";
import { findProcesses, fixture, statOf, until } from "./support.ts";

export interface RunningProgram {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves once its stdout has a line. */
  says(line: string): Promise<void>;
  /** The exit code, or the signal that killed it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

export function runProgram(name: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): RunningProgram {
  // Vitest sets these variables for itself alone.
  const child = spawn(process.execPath, [fixture(name), ...args], {
    env: { ...process.env, NODE_OPTIONS: undefined, VITEST: undefined, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal!));
  });
  return {
    child,
    pid: child.pid!,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    says: async (line) => {
      await until(`${name} says "${line}"; it has said:\n${stdout}\n${stderr}`, () => {
        if (stdout.split("\n").includes(line)) return true;
        if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}:\n${stdout}\n${stderr}`);
        return false;
      });
    },
    ended,
  };
}

/** The guard of a process. */
export function guardOf(pid: number): number | undefined {
  return findProcesses("statevisor-guard").find((guard) => statOf(guard)?.parent === pid);
}
