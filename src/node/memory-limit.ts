// memory-limit.ts: looks now and then how much memory the groups of processes use that have a limit. One look for all of them.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { listProcesses, statOf } from "./proc.ts";

/** From a start to the first look, and from one look to the next, in milliseconds. */
const firstMs = 1_000;
const everyMs = 10_000;
/** Of Linux, on every architecture that Node has builds for but some of arm64. */
const pageSize = 4_096;

interface Limit {
  readonly group: number;
  readonly bytes: number;
  readonly onExceeded: (bytes: number) => void;
}

const limits = new Set<Limit>();
let timer: NodeJS.Timeout | undefined;

/**
 * Calls back once, when a group uses more resident memory than so many bytes. What several of its processes share counts for
 * each of them. Returns what ends the watch.
 */
export function limitMemory(group: number, bytes: number, onExceeded: (bytes: number) => void): () => void {
  const limit: Limit = { group, bytes, onExceeded };
  limits.add(limit);
  setTimeout(look, firstMs).unref();
  timer ??= setInterval(look, everyMs).unref();
  return () => {
    limits.delete(limit);
    if (limits.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

async function look(): Promise<void> {
  if (limits.size === 0) return;
  const used = await (process.platform === "linux" ? readProc() : askPs()).catch(() => new Map<number, number>());
  for (const limit of [...limits]) {
    const bytes = used.get(limit.group) ?? 0;
    if (bytes <= limit.bytes || !limits.delete(limit)) continue;
    limit.onExceeded(bytes);
  }
}

/** The resident memory of each group, in bytes. */
async function readProc(): Promise<Map<number, number>> {
  const groups = new Set([...limits].map(({ group }) => group));
  const used = new Map<number, number>();
  for (const pid of listProcesses()) {
    const group = statOf(pid)?.group;
    if (group !== undefined && groups.has(group)) used.set(group, (used.get(group) ?? 0) + residentOf(pid));
  }
  return used;
}

function residentOf(pid: number): number {
  try {
    // In pages: "size resident shared …"
    return Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]) * pageSize;
  } catch {
    return 0;
  }
}

async function askPs(): Promise<Map<number, number>> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pgid=,rss="], { timeout: everyMs });
  const used = new Map<number, number>();
  for (const line of stdout.split("\n")) {
    const [group, kilobytes] = line.trim().split(/\s+/).map(Number);
    if (group && kilobytes) used.set(group, (used.get(group) ?? 0) + kilobytes * 1_024);
  }
  return used;
}
