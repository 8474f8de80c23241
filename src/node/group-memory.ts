// group-memory.ts: how much resident memory groups of processes use, from /proc on Linux and from `ps` elsewhere.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { listProcesses, statOf } from "./proc.ts";

/** The size of a page on Linux, on every architecture that Node has builds for except some of arm64. */
const pageSize = 4_096;
/** How long `ps` may take, in milliseconds. */
const psTimeoutMs = 10_000;

/** The resident memory of each of these groups that runs, in bytes. `ps` reports that of others, too. */
export async function measureGroups(groups: ReadonlySet<number>): Promise<ReadonlyMap<number, number>> {
  return process.platform === "linux" ? readProc(groups) : askPs();
}

function readProc(groups: ReadonlySet<number>): Map<number, number> {
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
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pgid=,rss="], { timeout: psTimeoutMs });
  const used = new Map<number, number>();
  for (const line of stdout.split("\n")) {
    const [group, kilobytes] = line.trim().split(/\s+/).map(Number);
    if (group && kilobytes) used.set(group, (used.get(group) ?? 0) + kilobytes * 1_024);
  }
  return used;
}
