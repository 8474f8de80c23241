// chart-edges.ts: the lines of a statechart. A line joins two states of the same level: a transition from or into a state
// further inside begins or ends at the border of the outer state, and its label names the inner one. So thirty transitions
// become half as many lines, and no line crosses a border.

import type { Chart, ChartEdge } from "../../shared/protocol.ts";

export interface DrawnEdge {
  readonly key: string;
  /** The state that holds both ends: "" for the whole chart. */
  readonly level: string;
  /** The state, or the state around it; the level itself for a transition of all states inside. */
  readonly source: string;
  readonly target: string;
  readonly label: readonly string[];
  /** The label in one line, without guards, for a chart with many lines. */
  readonly brief: string;
  /** The transitions that the line stands for. */
  readonly edges: readonly ChartEdge[];
}

export function isWithin(id: string, ancestor: string): boolean {
  return ancestor === "" || id === ancestor || id.startsWith(`${ancestor}.`);
}

export function toDrawnEdges(chart: Chart): readonly DrawnEdge[] {
  const drawn = known.get(chart) ?? joinEdges(chart);
  known.set(chart, drawn);
  return drawn;
}

const known = new WeakMap<Chart, readonly DrawnEdge[]>();

function joinEdges(chart: Chart): DrawnEdge[] {
  const groups = new Map<string, { level: string; source: string; target: string; edges: ChartEdge[] }>();
  for (const edge of chart.edges) {
    if (edge.internal) continue;
    const level = levelOf(edge);
    const [source, target] = [endOf(edge.source, level), endOf(edge.target, level)];
    const key = `${source} ${target}`;
    const group = groups.get(key) ?? { level, source, target, edges: [] };
    group.edges.push(edge);
    groups.set(key, group);
  }
  return [...groups].map(([key, group]) => ({ key, ...group, label: toLabel(group), brief: toBrief(group.edges) }));
}

/** The innermost state that holds both ends, or is one of them. */
function levelOf({ source, target }: ChartEdge): string {
  if (source === target) return parentOf(source);
  let level = source;
  while (!isWithin(target, level)) level = parentOf(level);
  // A line from a state to the state around it is drawn beside the two.
  return level === target ? parentOf(level) : level;
}

function parentOf(id: string): string {
  return id.includes(".") ? id.slice(0, id.lastIndexOf(".")) : "";
}

/** The child of a level that is, or holds, a state; the level itself for itself. */
function endOf(id: string, level: string): string {
  if (id === level) return level;
  const start = level === "" ? 0 : level.length + 1;
  const dot = id.indexOf(".", start);
  return dot === -1 ? id : id.slice(0, dot);
}

function toBrief(edges: readonly ChartEdge[]): string {
  const [first = "", ...others] = new Set(edges.map(({ label }) => label));
  return others.length === 0 ? first : `${first} +${others.length}`;
}

/** The label of a line with only the transitions that can be taken from the current states. */
export function labelFrom({ source, target, edges, label }: DrawnEdge, active: ReadonlySet<string>): readonly string[] {
  const possible = edges.filter((edge) => active.has(edge.source)).map((edge) => ({ ...edge, source }));
  return possible.length === 0 ? label : toLabel({ source, target, edges: possible });
}

/** Events with the same target and the same guards share a line of the label. */
function toLabel({ source, target, edges }: Pick<DrawnEdge, "source" | "target" | "edges">): string[] {
  const byEvent = new Map<string, string[]>();
  for (const edge of edges) {
    const guard = edge.guard === null ? "" : `[${edge.guard}]`;
    const to = edge.target === target ? "" : `→ ${lastOf(edge.target)}`;
    const from = edge.source === source ? "" : `${lastOf(edge.source)}: `;
    const event = `${from}${edge.label}`;
    byEvent.set(event, [...(byEvent.get(event) ?? []), [guard, to].filter(Boolean).join(" ")]);
  }
  const byBranches = new Map<string, string[]>();
  for (const [event, branches] of byEvent) {
    const key = branches.join("\n");
    byBranches.set(key, [...(byBranches.get(key) ?? []), event]);
  }
  return [...byBranches].flatMap(([branches, events]) => {
    const names = events.join(", ");
    const lines = branches.split("\n").filter(Boolean);
    if (lines.length === 0) return [names];
    return lines.length === 1 ? [`${names} ${lines[0]}`] : [names, ...lines.map((line) => `  ${line}`)];
  });
}

function lastOf(id: string): string {
  return id.slice(id.lastIndexOf(".") + 1);
}

/** Transitions that do not leave the state, which are written inside it. */
export function internalLines(chart: Chart, id: string): string[] {
  return chart.edges
    .filter((edge) => edge.internal && edge.source === id)
    .map(({ label, guard, actions }) => `${label}${guard === null ? "" : ` [${guard}]`} / ${actions.join(", ")}`);
}
