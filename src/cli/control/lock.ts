// A lock by a file that only one process can make: held for a moment, while the socket is taken over.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Waits for its turn, and does `act`. The lock of a process that is gone, or that was never filled, is broken. */
export async function withLock<T>(file: string, act: () => Promise<T>, waitMs = 5_000): Promise<T> {
  const giveUpAt = Date.now() + waitMs;
  while (!tryLock(file)) {
    if (isAbandoned(file) || Date.now() > giveUpAt) rmSync(file, { force: true });
    else await sleep(20);
  }
  try {
    return await act();
  } finally {
    rmSync(file, { force: true });
  }
}

function tryLock(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function isAbandoned(file: string): boolean {
  try {
    const owner = Number(readFileSync(file, "utf8"));
    if (owner > 0) process.kill(owner, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
