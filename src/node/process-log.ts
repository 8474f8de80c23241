// process-log.ts: the log entry with which a process makes its pid known, for the service that writes it and for loggers.

/** The data of the entry that `defineProcess` logs when its program has been spawned. */
export interface SpawnedEntry {
  readonly event: "spawned";
  readonly pid: number;
  readonly command: readonly string[] | string;
}

/**
 * The process id in the data of a log entry, if it is the entry that a process logs when it has been spawned; else null.
 * A logger that is given to `createSupervisor` learns the processes of the tree from it, by the entry's `path`.
 */
export function spawnedPid(entry: object): number | null {
  const { event, pid } = entry as Partial<SpawnedEntry>;
  return event === "spawned" && typeof pid === "number" ? pid : null;
}
