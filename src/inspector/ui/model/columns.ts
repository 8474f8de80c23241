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

/**
 * The services of the shown lines, in the order of the tree, the busiest when there are too many. The columns before stay
 * as long as they hold all of them, so that the picture does not jump.
 */
export function columnsOf(
  shown: readonly Entry[],
  before: readonly string[],
  tree: TreeModel,
  most: number,
): readonly string[] {
  const counts = new Map<string, number>();
  for (const entry of shown) for (const path of partsOf(entry)) counts.set(path, (counts.get(path) ?? 0) + 1);
  const known = new Set(before);
  if (before.length > 0 && before.length <= most && [...counts.keys()].every((path) => known.has(path))) return before;
  const busiest = [...counts].sort(([, a], [, b]) => b - a).slice(0, most);
  const wanted = new Set(busiest.map(([path]) => path));
  const ordered = [...tree.nodes.keys()].filter((path) => wanted.has(path));
  // Services that were removed since are no longer in the tree.
  return [...ordered, ...[...wanted].filter((path) => !tree.nodes.has(path))];
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
