// sweep.ts: removes what the trees of other projects left in the runtime folder when they were killed.

import { readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { hasMarked } from "../../node/index.ts";
import { isLocked, type Owner } from "./project-lock.ts";
import { makePlace, type Place } from "./runtime-folder.ts";

/** The records of owners, and those that a sweep was looking at when it was killed. */
const record = /^[0-9a-f]{16}\.json(\.swept)?$/;

/**
 * A record stays while its lock is held, and as long as something that it knows the mark of lives: the next run of that
 * project ends that.
 */
export async function sweep(own: Place): Promise<void> {
  const folder = dirname(own.owner);
  const left: { place: Place; file: string; owner: Owner }[] = [];
  for (const name of readdirSync(folder).filter((name) => record.test(name))) {
    const file = join(folder, name);
    const owner = readRecord(file);
    if (file === own.owner || owner === null) continue;
    const place = makePlace(owner.file);
    if (!(await isLocked(place))) left.push({ place, file, owner });
  }
  // A look for marks reads the environment of every process, so there is one for all records where nothing of them lives.
  const isAnyAlive = left.length > 0 && hasMarked(left.flatMap(({ owner }) => owner.marks));
  for (const { place, file, owner } of left) if (!isAnyAlive || !hasMarked(owner.marks)) remove(place, file, owner);
}

function readRecord(file: string): Owner | null {
  try {
    const owner = JSON.parse(readFileSync(file, "utf8")) as Owner;
    return typeof owner.file === "string" && Array.isArray(owner.marks) ? owner : null;
  } catch {
    return null;
  }
}

/** A run that begins now may have written its own record meanwhile: that one is put back. */
function remove(place: Place, file: string, { pid, startedAt }: Owner): void {
  const swept = `${place.owner}.swept`;
  renameSync(file, swept);
  const found = readRecord(swept);
  if (found?.pid !== pid || found.startedAt !== startedAt) return renameSync(swept, place.owner);
  rmSync(place.socket, { force: true });
  rmSync(swept, { force: true });
}
