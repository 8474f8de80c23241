// Runs the built command for the tests, each in a folder and with a runtime folder of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { until } from "../support/processes.ts";

export { findProcesses as processesWith, until } from "../support/processes.ts";

export const main = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));

interface Ended {
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Cli {
  readonly folder: string;
  write(name: string, content: string | Buffer | object): string;
  /** Runs a command to its end. */
  run(...args: string[]): Promise<Ended>;
  /** The documents that a command prints with --json. */
  json(...args: string[]): Promise<Record<string, unknown>[]>;
  /** Runs a command until it ends, or the test does. */
  start(...args: string[]): RunningCommand;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  readonly stdout: string;
  readonly stderr: string;
  readonly ended: Promise<Ended>;
  /** Resolves when its output holds `text`; rejects when it ends without. */
  says(text: string | RegExp): Promise<void>;
}

/** The command in an empty folder, which is removed after the test. */
export function createCli(env: NodeJS.ProcessEnv = {}): Cli {
  const folder = mkdtempSync(join(tmpdir(), "statevisor-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const start = (...args: string[]) => startCommand([main, ...args], folder, env);
  return {
    folder,
    write(name, content) {
      const file = join(folder, name);
      writeFileSync(file, typeof content === "string" || Buffer.isBuffer(content) ? content : JSON.stringify(content));
      return file;
    },
    start,
    run: (...args) => start(...args).ended,
    async json(...args) {
      const { stdout } = await start(...args, "--json").ended;
      return stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  };
}

function startCommand(args: string[], cwd: string, env: NodeJS.ProcessEnv): RunningCommand {
  // A runtime folder of its own: no test meets the socket of another.
  const runtime = join(cwd, ".run");
  const child = spawn(process.execPath, args, {
    cwd,
    env: {
      ...process.env,
      CI: undefined,
      NO_COLOR: undefined,
      FORCE_COLOR: undefined,
      STATEVISOR_RUNTIME_DIR: runtime,
      STATEVISOR_STATE_DIR: join(cwd, ".state"),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      said[name] += chunk;
    });
  }
  const ended = once(child, "close").then(([code, signal]) => ({ ...said, code: code ?? signal }) as Ended);
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await ended;
  });
  return {
    child,
    ended,
    get stdout() {
      return said.stdout;
    },
    get stderr() {
      return said.stderr;
    },
    async says(text) {
      const holds = (all: string) => (typeof text === "string" ? all.includes(text) : text.test(all));
      await until(`the command says ${text}`, () => {
        const all = said.stdout + said.stderr;
        if (holds(all)) return true;
        if (child.exitCode !== null) throw new Error(`the command ended and never said ${text}:\n${all}`);
        return false;
      });
    },
  };
}

/** The arguments of a Node program that runs until it is asked to stop. */
export function node(code: string): string[] {
  return [process.execPath, "-e", code];
}

export const forever = "setInterval(() => {}, 1000)";

/** The arguments of a program that says these lines and runs until it is stopped, and starts in a fraction of Node's time. */
export function sleeper(...lines: string[]): string[] {
  return lines.length === 0 ? ["sleep", "1000"] : ["sh", "-c", `printf '%s\\n' "$@"; exec sleep 1000`, "sh", ...lines];
}
