// config-age.ts: whether the config file of a running tree has changed since it was read.

import { statSync } from "node:fs";
import { basename } from "node:path";

/** What tells one state of a file from another. */
export type FileState = string;

/** The state of a file; of one that is not there, too. */
export function fileState(file: string): FileState {
  const stats = statSync(file, { throwIfNoEntry: false });
  // Editors replace a file, so that its number changes; a copy may keep its time.
  return stats === undefined ? "gone" : `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
}

/** The files that a config was read from, as they were then: the config itself first. */
export type ReadFiles = ReadonlyMap<string, FileState>;

/** Whether one of them is not as it was read. */
export function isOutdated(read: ReadFiles): boolean {
  return describeAge(read) !== undefined;
}

/** A sentence for the user; undefined while all files are as they were read. */
export function describeAge(read: ReadFiles): string | undefined {
  for (const [file, before] of read) {
    const state = fileState(file);
    if (state === before) continue;
    const what = state === "gone" ? "has gone" : "is newer than what runs";
    return `${basename(file)} ${what}${state === "gone" ? "" : "; `statevisor reload` applies it"}`;
  }
  return undefined;
}
