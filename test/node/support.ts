// Support of the tests of real programs: a tree in real time with a record of its log, waits for a condition with a
// bounded deadline, and after each test the check that no process of it is left.

import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type ChildSpec, createSupervisor, type Logger, type Supervisor, type Update } from "../../src/index.ts";

export { findProcesses, isAlive, statOf, until } from "../support/processes.ts";

interface LogEntry {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly [member: string]: unknown;
}

export interface RealTree {
  readonly supervisor: Supervisor;
  readonly log: LogEntry[];
  readonly updates: Update[];
  /** How incarnations ended, in order: `"web failed boom"`. */
  readonly exits: string[];
}

/** A tree called "app" in real time, stopped after the test. Failures retry at once, unless their spec says otherwise. */
export function createTree(...services: ChildSpec[]): RealTree {
  const log: LogEntry[] = [];
  const supervisor = createSupervisor({ name: "app", services }, { logger: recordLog(log) });
  const updates: Update[] = [];
  const exits: string[] = [];
  for (const type of ["status", "stray-error", "unstopped", "late"] as const) {
    supervisor.on(type, (update) => {
      updates.push(update);
      if (update.type !== "status" || update.exit === undefined || update.path === "app") return;
      const why = update.exit.kind === "failed" ? ` ${update.exit.error.message}` : "";
      exits.push(`${update.path.slice("app/".length)} ${update.exit.kind}${why}`);
    });
  }
  onTestFinished(() => supervisor.stop({ timeoutMs: 2_000 }).catch(() => {}));
  return { supervisor, log, updates, exits };
}

function recordLog(log: LogEntry[], bindings: object = {}): Logger {
  const record =
    (level: LogEntry["level"]) =>
    (data: object, message: string): void => {
      log.push({ ...bindings, ...data, level, message });
    };
  return {
    debug: record("debug"),
    info: record("info"),
    warn: record("warn"),
    error: record("error"),
    child: (more) => recordLog(log, { ...bindings, ...more }),
  };
}

/** The file of a fixture program. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/node/${name}`, import.meta.url));
}

/** A shell script as a command. */
export function sh(script: string): readonly ["sh", "-c", string] {
  return ["sh", "-c", script];
}

/** A Node program as a command. */
export function js(program: string): readonly [string, string, string] {
  return [process.execPath, "-e", program];
}
