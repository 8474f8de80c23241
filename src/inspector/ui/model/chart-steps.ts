// chart-steps.ts: the state of a chart at a moment, and the transition that led to it, found in the history.

import { chartKeyOf, type Moment } from "../../shared/history.ts";
import type { ChartEdge, Entry, Role, Row, Value } from "../../shared/protocol.ts";
import { isWithin } from "./chart-edges.ts";
import type { History } from "./history.ts";

export interface ChartStep {
  readonly chart: string;
  /** The ids of all states that it is in, the outer ones too. */
  readonly active: ReadonlySet<string>;
  /** The ids of the states before. */
  readonly before: ReadonlySet<string> | null;
  /** The event that led here; "" if it is not known. */
  readonly event: string;
  readonly n: number;
  readonly at: number;
  readonly context?: string;
  /** The context before the step. */
  readonly contextBefore?: string;
}

function activeIds(value: Value, prefix = ""): string[] {
  if (typeof value === "string") return [`${prefix}${value}`];
  return Object.entries(value).flatMap(([region, inner]) => [
    `${prefix}${region}`,
    ...activeIds(inner, `${prefix}${region}.`),
  ]);
}

/** The chart of a service, from its row: its states and phases are the public ones. A failure for good has no phase. */
function serviceIds({ state, phase }: Pick<Row, "state" | "phase">): string[] {
  const inner = phase ?? (state === "failed" ? "forGood" : null);
  return inner === null ? [state] : [state, `${state}.${inner}`];
}

/** How many facts are searched for the step that led here. */
const farthest = 20_000;

/** `id`: that of a machine which the actor of the path has invoked or spawned. */
export function stepOf(history: History, moment: Moment, path: string, role: Role, id?: string): ChartStep | null {
  return role === "service" ? serviceStep(history, moment, path) : ownStep(history, moment, path, role, id);
}

function serviceStep(history: History, moment: Moment, path: string): ChartStep | null {
  const row = moment.rows.get(path);
  if (row === undefined) return null;
  const active = new Set(serviceIds(row));
  const last = findBack(history, moment.n, (entry) => entry.path === path && entry.kind === "status");
  if (last?.kind !== "status") return { chart: "service", active, before: null, event: "", n: 0, at: row.since };
  const earlier = findBack(history, last.n - 1, (entry) => entry.path === path && entry.kind === "status");
  const before = earlier?.kind === "status" ? serviceIds({ state: earlier.to, phase: earlier.phase }) : [last.from];
  const message = findBack(
    history,
    last.n - 1,
    (entry) => entry.path === path && entry.kind === "message" && entry.role === "service",
    200,
  );
  const event = message?.kind === "message" ? message.type : "";
  return { chart: "service", active, before: new Set(before), event, n: last.n, at: last.at };
}

function ownStep(history: History, moment: Moment, path: string, role: Role, id?: string): ChartStep | null {
  const own = moment.charts.get(chartKeyOf(path, role));
  const state = id === undefined ? own : own?.children?.[id];
  if (state === undefined) return null;
  const isStep = (entry: Entry) =>
    entry.path === path && entry.kind === "step" && entry.role === role && entry.id === id;
  const last = findBack(history, moment.n, isStep);
  const earlier = last === undefined ? undefined : findBack(history, last.n - 1, isStep);
  return {
    chart: state.chart,
    active: new Set(activeIds(state.value)),
    before: earlier?.kind === "step" ? new Set(activeIds(earlier.value)) : null,
    event: state.event,
    n: last?.n ?? 0,
    at: state.at,
    ...(state.context !== undefined && { context: state.context }),
    ...(earlier?.kind === "step" && earlier.context !== undefined && { contextBefore: earlier.context }),
  };
}

/** Nothing is found for a moment whose facts are still coming in. */
function findBack(
  history: History,
  from: number,
  fits: (entry: Entry) => boolean,
  limit = farthest,
): Entry | undefined {
  if (from > history.head) return undefined;
  for (let n = from; n > history.first && n > from - limit; n--) {
    const entry = history.entry(n)!;
    if (fits(entry)) return entry;
  }
  return undefined;
}

/**
 * The transitions that were taken by the last step: one from the state before to the state now, or two with a state
 * between them that takes no time.
 */
export function takenEdges(edges: readonly ChartEdge[], step: ChartStep): ReadonlySet<ChartEdge> {
  const { before, active } = step;
  if (before === null) return new Set();
  const isSource = ({ source, event }: ChartEdge) =>
    before.has(source) && (step.event === "" || event === "" || isEvent(event, step.event));
  const isTarget = ({ source, target }: ChartEdge) =>
    active.has(target) && !(before.has(target) && source !== target && isWithin(source, target));
  const direct = edges.filter((edge) => isSource(edge) && isTarget(edge));
  if (direct.length > 0) return new Set(direct);
  const onward = edges.filter(({ source, event }) => event === "" && !before.has(source));
  const ways = edges.flatMap((edge) =>
    isSource(edge)
      ? onward.filter((next) => next.source === edge.target && isTarget(next)).map((next) => [edge, next])
      : [],
  );
  return new Set(ways.flat());
}

function isEvent(pattern: string, event: string): boolean {
  return pattern === event || (pattern.endsWith("*") && event.startsWith(pattern.slice(0, -1)));
}
