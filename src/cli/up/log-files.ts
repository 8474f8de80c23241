// log-files.ts: writes the output of services to the files that the config names.

import type { LogTargetOf } from "../config/log-targets.ts";
import type { Journal } from "../journal.ts";
import { LogFile } from "./log-file.ts";

export interface LogFiles {
  /** Writes what is left; waits for the disk for a second at most. */
  close(): Promise<void>;
}

/** `targetOf`: where the output of a path goes; undefined for nowhere. `tell` is told once of each file that fails. */
export function writeLogFiles(journal: Journal, targetOf: LogTargetOf, tell: (text: string) => void): LogFiles {
  const open = new Map<string, LogFile>();
  const unfollow = journal.follow((line) => {
    const target = targetOf(line.path);
    if (target === undefined) return;
    let file = open.get(target.file);
    if (file === undefined) {
      file = new LogFile(target, tell);
      open.set(target.file, file);
    }
    file.write(line);
  });
  return {
    async close() {
      unfollow();
      await Promise.all([...open.values()].map((file) => file.close()));
    },
  };
}
