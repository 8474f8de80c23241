// The guard: one small process that ends the process groups of this process when this process is killed.
//
// It reads from a pipe whose other end only this process holds: however this process ends, the pipe closes.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Socket } from "node:net";
import { textOf } from "../contract/wording.ts";
import { nodeGuard, shellGuard } from "./guard-programs.ts";

/** A guard that does not last this long is replaced only after as long again. */
const shortLifeMs = 1_000;

const groups = new Map<number, NodeJS.Signals>();
let guard: ChildProcess | null = null;
let startedAt = Number.NEGATIVE_INFINITY;
let hasWarned = false;

/** Starts the guard if there is none: before the first group, so that no time is lost after it. */
export function ensureGuard(): void {
  try {
    guard ??= startGuard();
  } catch (error) {
    warn(error);
  }
}

/** Has a group ended when this process is: first by `signal`, 2 seconds later by SIGKILL. Returns the remover. */
export function guardGroup(group: number, signal: NodeJS.Signals): () => void {
  ensureGuard();
  groups.set(group, signal);
  tell(guard, `+ ${group} ${nameOf(signal)}\n`);
  return () => {
    if (groups.delete(group)) tell(guard, `- ${group}\n`);
  };
}

function toWord([group, signal]: readonly [number, NodeJS.Signals]): string {
  return `${group}:${nameOf(signal)}`;
}

/** The name that every shell knows. */
function nameOf(signal: NodeJS.Signals): string {
  return signal.slice("SIG".length);
}

function tell(to: ChildProcess | null, line: string): void {
  if (to?.stdin?.writable) to.stdin.write(line);
}

function startGuard(): ChildProcess {
  const { file, args, env } = existsSync(shellGuard.file) ? shellGuard : nodeGuard;
  // A session of its own keeps away what a terminal sends, and "/" as its folder holds no other. It knows the groups from
  // its first moment: this process may be gone before it could write them.
  const child = spawn(file, args, {
    detached: true,
    cwd: "/",
    env: { PATH: process.env.PATH, STATEVISOR_GROUPS: [...groups].map(toWord).join(" "), ...env },
    stdio: ["pipe", "ignore", "ignore"],
  });
  startedAt = performance.now();
  child.on("error", warn);
  child.stdin.on("error", () => {}); // the exit event says that it is gone
  // Nothing is being spawned in this moment: the guard need not look for long. A process that is killed cannot say so.
  const leave = () => tell(child, ".\n");
  process.once("exit", leave);
  child.once("exit", () => {
    process.off("exit", leave);
    replace(child);
  });
  // It must not keep this process alive. The pipe of Bun has no unref, and keeps nothing alive.
  child.unref();
  (child.stdin as Partial<Socket>).unref?.();
  return child;
}

/** Starts another guard for one that was killed. */
function replace(dead: ChildProcess): void {
  if (guard !== dead) return;
  guard = null;
  if (groups.size === 0) return;
  if (performance.now() - startedAt > shortLifeMs) return ensureGuard();
  setTimeout(() => groups.size > 0 && ensureGuard(), shortLifeMs).unref();
}

function warn(error: unknown): void {
  guard = null;
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning(
    `the guard process cannot be started (${textOf(error)}): if this process is killed, its processes stay behind`,
    "StatevisorWarning",
  );
}
