// proc.mjs: the processes of the machine, from /proc, for tests and for the programs of test/soak.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export function listPids() {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

export function readOf(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

export function statOf(pid) {
  const stat = readOf(pid, "stat");
  if (stat === "") return null;
  const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { state, parent: Number(parent) };
}

export function isAlive(pid) {
  const stat = statOf(pid);
  return stat !== null && !["Z", "X"].includes(stat.state);
}

export function residentMB(pid) {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readOf(pid, "status"))?.[1]) / 1_024;
}

export function hasOpened(pid, file) {
  return readdirSync(`/proc/${pid}/fd`).some((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`) === file;
    } catch {
      return false;
    }
  });
}
