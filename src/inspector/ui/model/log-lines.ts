// log-lines.ts: the lines of the log: facts that say the same thing are one line, and the facts of one incident can be
// folded into one. New facts are added as they come; all of them are looked at again only when the filter changes.

import type { Entry } from "../../shared/protocol.ts";
import type { History } from "./history.ts";
import type { Incident } from "./incidents.ts";

export interface FactLine {
  readonly kind: "fact";
  /** The number of its first fact. */
  readonly n: number;
  /** The fact that says most. */
  entry: Entry;
  /** The other facts of the same change. */
  readonly others: Entry[];
  /** It stands below the line of its incident. */
  readonly isInside: boolean;
}

export interface IncidentLine {
  readonly kind: "incident";
  readonly n: number;
  readonly incident: Incident;
  readonly isOpen: boolean;
}

export type LogLine = FactLine | IncidentLine;

export interface LogFilter {
  /** What the answer of `fits` depends on. */
  readonly key: readonly unknown[];
  fits(entry: Entry): boolean;
  /** The facts of an incident are one line. */
  readonly isGrouped: boolean;
  /** The incidents whose facts are shown nevertheless, by their first fact. */
  readonly open: ReadonlySet<number>;
}

/** How many lines back a fact may repeat another one. */
const nearby = 8;

export class LogLines {
  #key: readonly unknown[] = [];
  #seen = 0;
  #first = 0;
  #incidents = new Set<Incident>();
  lines: LogLine[] = [];
  /** How many facts the lines stand for. */
  facts = 0;

  update(history: History, filter: LogFilter): readonly LogLine[] {
    const key = [history, filter.isGrouped, filter.open, ...filter.key];
    const isSame = key.length === this.#key.length && key.every((part, i) => part === this.#key[i]);
    if (!isSame || this.#first !== history.first || this.#seen > history.head) {
      this.#key = key;
      this.#first = history.first;
      this.#seen = history.first;
      this.#incidents = new Set();
      this.lines = [];
      this.facts = 0;
    }
    for (let n = this.#seen + 1; n <= history.head; n++) {
      const entry = history.entry(n)!;
      if (filter.fits(entry)) this.#add(entry, filter, history.incidents.of(n));
    }
    this.#seen = history.head;
    return this.lines;
  }

  #add(entry: Entry, { isGrouped, open }: LogFilter, of: Incident | undefined): void {
    this.facts++;
    const incident = isGrouped ? of : undefined;
    const isOpen = incident !== undefined && open.has(incident.n);
    if (incident !== undefined && !this.#incidents.has(incident)) {
      this.#incidents.add(incident);
      this.lines.push({ kind: "incident", n: entry.n, incident, isOpen });
    }
    if (incident !== undefined && !isOpen) return;
    if (this.#joins(entry)) return;
    this.lines.push({ kind: "fact", n: entry.n, entry, others: [], isInside: incident !== undefined });
  }

  /** Adds a fact to a line that says the same. */
  #joins(entry: Entry): boolean {
    for (let i = this.lines.length - 1; i >= Math.max(0, this.lines.length - nearby); i--) {
      const line = this.lines[i]!;
      if (line.kind !== "fact" || line.entry.path !== entry.path) continue;
      if (Math.abs(line.entry.at - entry.at) > 1 || !isSameNews(line.entry, entry)) return false;
      const [more, less] = weightOf(entry) > weightOf(line.entry) ? [entry, line.entry] : [line.entry, entry];
      line.entry = more;
      line.others.push(less);
      return true;
    }
    return false;
  }
}

/** The health that a fact reports; null for none. */
function healthOf(entry: Entry): string | null {
  if (entry.kind === "health") return entry.to;
  if (entry.kind === "service-health") return entry.healthy ? "healthy" : "unhealthy";
  return entry.kind === "status" && entry.to === "running" ? entry.phase : null;
}

/** Both report the same health of the same service. A degraded supervisor is healthy to its own supervisor. */
function isSameNews(a: Entry, b: Entry): boolean {
  const [one, other] = [healthOf(a), healthOf(b)];
  if (one === null || other === null) return false;
  const isUp = (health: string) => health !== "unhealthy";
  return one === other || ((a.kind === "health" || b.kind === "health") && isUp(one) === isUp(other));
}

/** Which of two facts that report the same says more. */
function weightOf(entry: Entry): number {
  if ("error" in entry && entry.error !== undefined) return 3;
  if (entry.kind === "health" && entry.to === "degraded") return 2;
  return entry.kind === "status" ? 1 : 0;
}

/** The index of the last line that begins at or before a fact. */
export function lineAt(lines: readonly { readonly n: number }[], n: number): number {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle]!.n <= n) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
