// memory-limit.ts: looks now and then how much memory the groups of processes use that have a limit. One look for all of them.

import { measureGroups } from "./group-memory.ts";

/** From a start to the first look, and from one look to the next, in milliseconds. */
const firstMs = 1_000;
const everyMs = 10_000;

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
  const groups = new Set([...limits].map(({ group }) => group));
  const used = await measureGroups(groups).catch(() => new Map<number, number>());
  for (const limit of [...limits]) {
    const bytes = used.get(limit.group) ?? 0;
    if (bytes <= limit.bytes || !limits.delete(limit)) continue;
    limit.onExceeded(bytes);
  }
}
