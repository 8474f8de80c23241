// columns.ts: which services are columns of the sequence.

import type { Entry } from "../../shared/protocol.ts";
import { parentOf } from "./format.ts";
import type { TreeModel } from "./tree.ts";
import { dependantsOf, dependenciesOf } from "./waiting.ts";

/** The most columns that can still be read side by side. */
export const mostColumns = 14;

/** The services that take part in lines: who sends, who receives, and the supervisor that hears of a crash. */
export function partsOf(entry: Entry): string[] {
  const parent = entry.kind === "status" && entry.exit === "failed" ? parentOf(entry.path) : null;
  return [
    entry.path,
    ...(entry.kind === "message" && entry.from !== "" ? [entry.from] : []),
    ...(parent === null ? [] : [parent]),
  ];
}

export interface ColumnRules {
  /** How many there is room for. */
  readonly most: number;
  /** Only these, the first of which always has a column; null: all. */
  readonly among: readonly string[] | null;
}

/**
 * The services of the shown lines, in the order of the tree, the busiest when there are too many. The columns before stay
 * as long as they hold all of them, so that the picture does not jump.
 */
export function columnsOf(
  shown: readonly Entry[],
  before: readonly string[],
  tree: TreeModel,
  { most, among }: ColumnRules,
): readonly string[] {
  const members = among === null ? null : new Set(among);
  const counts = new Map(among === null ? [] : [[among[0]!, Number.POSITIVE_INFINITY]]);
  for (const entry of shown)
    for (const path of partsOf(entry)) if (members?.has(path) !== false) counts.set(path, (counts.get(path) ?? 0) + 1);
  const known = new Set(before);
  const isEnough = before.length > 0 && [...counts.keys()].every((path) => known.has(path));
  if (isEnough && before.length <= most && before.every((path) => members?.has(path) !== false)) return before;
  const busiest = [...counts].sort(([, a], [, b]) => b - a).slice(0, most);
  const wanted = new Set(busiest.map(([path]) => path));
  const ordered = [...tree.nodes.keys()].filter((path) => wanted.has(path));
  // Services that were removed since are no longer in the tree.
  return [...ordered, ...[...wanted].filter((path) => !tree.nodes.has(path))];
}

/** The room that a text needs beside a lifeline, in pixels: its mark, and for each letter. */
const [markRoom, letterRoom] = [26, 7];

/** Whether a text that begins at `from` goes to the left from `to` instead: there is more room, and to the right too little. */
export function isTurned(text: string, from: number, to: number, [begin, end]: readonly [number, number]): boolean {
  const right = end - from;
  return markRoom + text.length * letterRoom > right && to - begin > right;
}

/** The place of the column of a service, or of the nearest shown supervisor that it is in; undefined: there is none. */
export function placeOf(path: string, places: ReadonlyMap<string, number>): number | undefined {
  for (let at: string | null = path; at !== null && at !== ""; at = parentOf(at)) {
    const place = places.get(at);
    if (place !== undefined) return place;
  }
  return undefined;
}

/**
 * The selected service with what is around it: its supervisor, what it depends on, what depends on it, what is in it; and
 * its siblings, when there are few.
 */
export function columnsAround(path: string, tree: TreeModel): readonly string[] {
  const parent = parentOf(path);
  const family = tree.nodes.get(path)?.children ?? [];
  const siblings = parent === null ? [] : (tree.nodes.get(parent)?.children ?? []);
  const near = [path, ...dependenciesOf(path, tree).map((one) => one.path), ...dependantsOf(path, tree), ...family];
  // One that depends on nothing, and nothing on it, is shown with its siblings, if these are few.
  const few = near.length === 1 && siblings.length <= mostColumns - 2 ? siblings : [];
  const wanted = new Set([...(parent === null ? [] : [parent]), ...near, ...few].slice(0, mostColumns));
  const rank = new Map([...tree.nodes.keys()].map((one, index) => [one, index]));
  return [...wanted].sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
}
