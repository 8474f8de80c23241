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

/** A sentence for the user; undefined while the file is as it was read. */
export function describeAge(file: string, read: FileState): string | undefined {
  const state = fileState(file);
  if (state === read) return undefined;
  const what = state === "gone" ? "has gone" : "is newer than what runs";
  return `${basename(file)} ${what}${state === "gone" ? "" : "; `statevisor reload` applies it"}`;
}
