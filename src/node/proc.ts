// proc.ts: the processes of the machine, as Linux tells of them in /proc.

import { readdirSync, readFileSync } from "node:fs";

/** The ids of all processes. */
export function listProcesses(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

export interface ProcessStat {
  /** One letter; Z and X are processes that have ended. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
}

/** null once the process has ended. */
export function statOf(pid: number): ProcessStat | null {
  try {
    // "pid (any name) state parent group …"
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: state!, parent: Number(parent), group: Number(group) };
  } catch {
    return null;
  }
}
