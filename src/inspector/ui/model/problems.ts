// problems.ts: what is wrong at a moment: the services that are not well, gravest first, and for each supervisor the one
// that makes it unwell.

import type { Moment } from "../../shared/history.ts";
import type { Row } from "../../shared/protocol.ts";
import { parentOf } from "./format.ts";
import { type Tone, toneOf } from "./tones.ts";
import type { TreeModel } from "./tree.ts";
import { waitsOf } from "./waiting.ts";

export interface Problem {
  readonly path: string;
  readonly row: Row;
  readonly tone: Tone;
  /** The service that keeps it down in the end; null: the problem is its own. */
  readonly root: string | null;
}

export interface Problems {
  /** The causes first, gravest first; then what is down because of them. */
  readonly all: readonly Problem[];
  /** The first problem inside of each supervisor, by its path. */
  readonly culprits: ReadonlyMap<string, string>;
  /** The problems that are causes. */
  readonly causes: number;
}

/** How grave a tone is: less is graver. Tones without a number are no problem. */
const gravity: Partial<Record<Tone, number>> = {
  failed: 0,
  backoff: 1,
  unhealthy: 2,
  starting: 3,
  waiting: 4,
  stopped: 5,
};

let last: { moment: Moment; n: number; tree: TreeModel; problems: Problems } | null = null;

/** The problems of a moment, kept until another fact comes. */
export function problemsOf(tree: TreeModel, moment: Moment): Problems {
  if (last?.moment !== moment || last.n !== moment.n || last.tree !== tree) {
    last = { moment, n: moment.n, tree, problems: find(tree, moment) };
  }
  return last.problems;
}

function find(tree: TreeModel, moment: Moment): Problems {
  const found: Problem[] = [];
  const leaders = new Map<string, string | null>();
  for (const row of moment.rows.values()) {
    const tone = toneOf(row);
    if (!isProblem(row, tone)) continue;
    found.push({ path: row.path, row, tone, root: rootOf(row.path, tree, moment, leaders) });
  }
  // A start that others wait for is a cause, however well it goes.
  const known = new Set(found.map(({ path }) => path));
  for (const { root } of [...found]) {
    const row = root === null ? undefined : moment.rows.get(root);
    if (row === undefined || known.has(row.path)) continue;
    known.add(row.path);
    found.push({ path: row.path, row, tone: toneOf(row), root: null });
  }
  const within = new Set<string>();
  for (const { path, root } of found) {
    if (root !== null) continue;
    for (let at = parentOf(path); at !== null && !within.has(at); at = parentOf(at)) within.add(at);
  }
  // A supervisor that is only as unwell as what is in it says nothing new.
  const all = found.filter(({ path, tone }) => !(within.has(path) && (tone === "unhealthy" || tone === "starting")));
  all.sort((a, b) => rankOf(a) - rankOf(b) || a.row.since - b.row.since);
  const culprits = new Map<string, string>();
  for (const { path } of all) blame(path, tree, moment, culprits);
  // What keeps a supervisor from being healthy is in it.
  const rooted = all.map((one) => {
    const within = one.root === null ? undefined : culprits.get(one.root);
    return within === undefined || within === one.path ? one : { ...one, root: within };
  });
  return { all: rooted, culprits, causes: rooted.filter(({ root }) => root === null).length };
}

/** Makes a problem the culprit of the supervisors around it that have none yet and can be unwell because of it. */
function blame(path: string, tree: TreeModel, moment: Moment, culprits: Map<string, string>): void {
  let [isCritical, inner] = [true, path];
  for (let at = parentOf(path); at !== null; at = parentOf(at)) {
    const { spec = null } = tree.nodes.get(inner) ?? {};
    isCritical &&= spec === null || !("critical" in spec) || spec.critical;
    inner = at;
    // A service that is not critical makes a supervisor degraded at most.
    const isDegraded = toneOf(moment.rows.get(at)) === "degraded";
    if ((isCritical || isDegraded) && !culprits.has(at)) culprits.set(at, path);
  }
}

/** Off by hand, or not started yet, is no problem; a start is one only after a failure. */
function isProblem(row: Row, tone: Tone): boolean {
  if (tone === "stopped") return row.phase === "grouped";
  if (tone === "starting") return row.failures > 0;
  return tone in gravity;
}

function rankOf({ tone, root }: Problem): number {
  return (gravity[tone] ?? 6) + (root === null ? 0 : 10);
}

/** What keeps a service down in the end, from one to the next; null for one that is down by itself. */
function rootOf(path: string, tree: TreeModel, moment: Moment, leaders: Map<string, string | null>): string | null {
  const seen = new Set([path]);
  let at = path;
  for (;;) {
    const next = keeperOf(at, tree, moment, leaders);
    if (next === null || seen.has(next)) break;
    seen.add(next);
    at = next;
  }
  return at === path ? null : at;
}

/** What keeps a service down: a dependency, or the failure of a sibling in its group. */
function keeperOf(path: string, tree: TreeModel, moment: Moment, leaders: Map<string, string | null>): string | null {
  const row = moment.rows.get(path);
  const isGrouped = row?.phase === "grouped";
  const isKept = isGrouped || row?.phase === "waiting" || isDependent(row);
  if (!isKept) return null;
  const unmet = waitsOf(path, tree, moment).find(({ isMet, required }) => !isMet && required)?.path;
  if (unmet !== undefined || !isGrouped) return unmet ?? null;
  const parent = parentOf(path) ?? "";
  const known = leaders.get(parent);
  if (known !== undefined) return known;
  const leader = (tree.nodes.get(parent)?.children ?? []).find((one) => hasFailed(moment.rows.get(one))) ?? null;
  leaders.set(parent, leader);
  return leader;
}

/** It failed because a dependency will not come up. */
export function isDependent(row: Row | undefined): boolean {
  return row?.state === "failed" && row.error?.code === "ERR_DEPENDENCY_FAILED";
}

/** It has failed itself, and takes its group with it. */
function hasFailed(row: Row | undefined): boolean {
  if (row === undefined || row.phase === "grouped") return false;
  return row.state === "backoff" || row.state === "failed" || (row.state === "starting" && row.failures > 0);
}

/** The states in the order of the strip, gravest first. Those of `always` have a place even when there is none of them. */
export const strip: readonly { readonly tone: Tone; readonly always: boolean }[] = [
  { tone: "failed", always: true },
  { tone: "backoff", always: true },
  { tone: "unhealthy", always: true },
  { tone: "waiting", always: true },
  { tone: "starting", always: true },
  { tone: "stopping", always: false },
  { tone: "running", always: true },
  { tone: "stopped", always: false },
  { tone: "completed", always: false },
  { tone: "unknown", always: false },
];

/** How many services are in each state; supervisors follow from them. */
export function countTones(moment: Moment): ReadonlyMap<Tone, number> {
  const counts = new Map<Tone, number>();
  for (const row of moment.rows.values()) {
    if (row.kind === "supervisor") continue;
    const tone = toneOf(row);
    counts.set(tone, (counts.get(tone) ?? 0) + 1);
  }
  return counts;
}
