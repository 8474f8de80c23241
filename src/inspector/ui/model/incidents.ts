// incidents.ts: the facts of one cause as one thing: a failure, what went down with it, and how long that took. Built
// fact by fact.

import type { Entry, ErrorInfo, Row } from "../../shared/protocol.ts";
import { isFailure } from "./facts.ts";
import { countOf, formatDuration, nameOf, parentOf } from "./format.ts";
import { messageOf } from "./sentence.ts";
import type { TreeModel } from "./tree.ts";
import { dependenciesOf } from "./waiting.ts";

export interface Incident {
  /** The number of its first fact. */
  readonly n: number;
  /** The service that failed first. */
  readonly path: string;
  readonly from: number;
  readonly error: ErrorInfo | null;
  readonly verb: string;
  /** How often that service failed until it was up again. */
  failures: number;
  /** null while it goes on. */
  until: number | null;
  /** It ended, and the service that failed first is not up again. */
  isLost: boolean;
  /** The number of its newest fact, and how many it has. */
  last: number;
  facts: number;
  /** The first fact of each service in it, in order: the failed one is the first. */
  readonly touched: Map<string, { readonly n: number; readonly at: number }>;
  /** Supervisors that gave up over it. */
  readonly gaveUp: Set<string>;
}

/** How many incidents are kept. */
const mostKept = 2_000;
/** How long after an incident its escalation still belongs to it, in milliseconds. */
const escalationMs = 250;

export class Incidents {
  /** Oldest first. */
  all: Incident[] = [];
  readonly #byFact = new Map<number, Incident>();
  /** The open incident of each service that is in one. */
  readonly #open = new Map<string, Incident>();
  /** The open incident that was last touched below each supervisor. */
  readonly #below = new Map<string, Incident>();
  readonly #unsettled = new Map<Incident, Set<string>>();

  /** The incident that a fact belongs to. */
  of(n: number): Incident | undefined {
    return this.#byFact.get(n);
  }

  /** `row`: the row of its path after the fact. */
  add(entry: Entry, row: Row | undefined, tree: TreeModel): void {
    if (entry.kind === "message" || entry.kind === "step") return;
    const incident = this.#find(entry, tree) ?? (isCause(entry, tree) ? this.#begin(entry) : undefined);
    if (incident === undefined) return;
    this.#byFact.set(entry.n, incident);
    incident.last = entry.n;
    incident.facts++;
    const { path } = entry;
    if (entry.kind === "escalation") incident.gaveUp.add(path);
    if (path === incident.path && isFailure(entry)) incident.failures++;
    const isAround = incident.path.startsWith(`${path}/`);
    if (!isAround) this.#touch(incident, entry, row);
  }

  #begin({ n, path, at, ...entry }: Entry): Incident {
    const error = "error" in entry ? (entry.error ?? null) : null;
    const incident: Incident = {
      ...{
        n,
        path,
        from: at,
        error,
        verb: verbs[entry.kind] ?? "crashed",
        failures: 0,
        until: null,
        isLost: false,
        last: n,
        facts: 0,
      },
      touched: new Map(),
      gaveUp: new Set(),
    };
    this.all.push(incident);
    if (this.all.length > mostKept) this.#forget(this.all.shift()!);
    this.#unsettled.set(incident, new Set());
    return incident;
  }

  #find(entry: Entry, tree: TreeModel): Incident | undefined {
    const { path } = entry;
    const own = this.#open.get(path);
    if (own !== undefined) return own;
    const below = this.#below.get(path);
    if (below !== undefined && (below.until === null || entry.at - below.until < escalationMs)) return below;
    if (entry.kind !== "status" || entry.to === "failed") return undefined;
    // What depends on a service that is down, or is in a supervisor that is. One that is launched has what it needs.
    const isHeldUp = entry.to !== "running" && entry.phase !== "launching";
    for (const { path: on } of isHeldUp ? dependenciesOf(path, tree) : []) {
      const incident = this.#openOf(on) ?? this.#openBelow(on);
      if (incident !== undefined) return incident;
    }
    const parent = parentOf(path);
    if (parent === null || isFailure(entry)) return undefined;
    const around = this.#openOf(parent);
    if (around !== undefined) return around;
    const spec = tree.nodes.get(parent)?.spec;
    const isGroup = spec !== null && spec !== undefined && "strategy" in spec && spec.strategy !== "one-for-one";
    const beside = isGroup ? this.#below.get(parent) : undefined;
    return beside?.until === null && parentOf(beside.path) === parent ? beside : undefined;
  }

  /** The open incident of a service that is not well yet. */
  #openOf(path: string): Incident | undefined {
    const incident = this.#open.get(path);
    return incident !== undefined && this.#unsettled.get(incident)?.has(path) ? incident : undefined;
  }

  /** The open incident inside a supervisor. */
  #openBelow(path: string): Incident | undefined {
    const incident = this.#below.get(path);
    return incident?.until === null ? incident : undefined;
  }

  #touch(incident: Incident, { path, n, at }: Entry, row: Row | undefined): void {
    const unsettled = this.#unsettled.get(incident) ?? new Set();
    if (!incident.touched.has(path)) incident.touched.set(path, { n, at });
    if (incident.until !== null) return;
    this.#open.set(path, incident);
    for (let up = parentOf(path); up !== null; up = parentOf(up)) this.#below.set(up, incident);
    if (path === incident.path) incident.isLost = row?.state === "failed";
    if (isSettled(row)) unsettled.delete(path);
    else unsettled.add(path);
    if (unsettled.size > 0) return;
    incident.until = at;
    this.#close(incident);
  }

  #close(incident: Incident): void {
    this.#unsettled.delete(incident);
    for (const path of incident.touched.keys()) if (this.#open.get(path) === incident) this.#open.delete(path);
  }

  #forget(incident: Incident): void {
    this.#close(incident);
    for (const [path, one] of this.#below) if (one === incident) this.#below.delete(path);
  }

  /** Forgets what ended before a fact. */
  trim(first: number): void {
    this.all = this.all.filter((incident) => {
      const isKept = incident.last > first;
      if (!isKept) this.#forget(incident);
      return isKept;
    });
    for (const n of this.#byFact.keys()) {
      if (n > first) break;
      this.#byFact.delete(n);
    }
  }
}

const verbs: Partial<Record<Entry["kind"], string>> = {
  "service-health": "was not healthy",
  unstopped: "did not stop in time",
  "stray-error": "had a stray error",
};

/** What begins an incident. A supervisor is only as well as what is in it. */
function isCause(entry: Entry, tree: TreeModel): boolean {
  if (entry.kind === "service-health") return !entry.healthy && tree.nodes.get(entry.path)?.children == null;
  return isFailure(entry);
}

/** Up and healthy again, or off for a reason that does not pass by itself. */
function isSettled(row: Row | undefined): boolean {
  if (row === undefined) return true;
  const { state, phase } = row;
  if (state === "running") return phase !== "unhealthy";
  return (state === "stopped" && phase !== "grouped") || (state === "failed" && phase !== "grouped");
}

/** "worker-3 crashed, 4 siblings restarted, 3.1 s" */
export function describeIncident(incident: Incident, tree: TreeModel, now: number): string {
  const { path, failures, verb, touched, gaveUp, from, until, isLost } = incident;
  const parent = parentOf(path);
  const [siblings, inside, elsewhere] = [[] as string[], [] as string[], [] as string[]];
  for (const one of touched.keys()) {
    if (one === path) continue;
    if (one.startsWith(`${path}/`)) inside.push(one);
    else if (parentOf(one) === parent && !dependsOn(one, path, tree)) siblings.push(one);
    else elsewhere.push(one);
  }
  const named = (paths: readonly string[], noun: string) =>
    paths.length === 1 ? nameOf(paths[0]!) : countOf(paths.length, noun);
  return [
    `${nameOf(path)} ${verb}${failures > 1 ? ` ${failures} times` : ""}`,
    ...(siblings.length > 0 ? [`${named(siblings, "sibling")} restarted`] : []),
    ...(elsewhere.length > 0 ? [`${named(elsewhere, "dependant")} had to wait`] : []),
    ...(inside.length > 0 ? [`${countOf(inside.length, "service")} inside it`] : []),
    ...[...gaveUp].map((one) => `${nameOf(one)} gave up`),
    until === null || until > now
      ? `going on for ${formatDuration(now - from)}`
      : isLost
        ? "for good"
        : formatDuration(until - from),
  ].join(", ");
}

export function reasonOf({ path, error }: Incident): string {
  return error === null ? "" : messageOf(path, error);
}

function dependsOn(path: string, on: string, tree: TreeModel): boolean {
  return dependenciesOf(path, tree).some((one) => one.path === on);
}
