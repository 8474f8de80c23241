// The edges of a statechart as they are drawn: what goes from one state into several of the same compound is one line,
// whose label says which guard leads where.

import type { Chart, ChartEdge, ChartNode } from "../../protocol.ts";

export interface DrawnEdge {
  readonly key: string;
  readonly source: string;
  readonly target: string;
  readonly label: readonly string[];
  /** The same in one line, without guards, for a chart with many lines. */
  readonly brief: string;
  /** The transitions that it stands for. */
  readonly edges: readonly ChartEdge[];
}

export function isWithin(id: string, ancestor: string): boolean {
  return ancestor === "" || id === ancestor || id.startsWith(`${ancestor}.`);
}

export function allNodes(root: ChartNode): ChartNode[] {
  return [root, ...root.children.flatMap(allNodes)];
}

export function toDrawnEdges(chart: Chart): DrawnEdge[] {
  const nodes = new Map(allNodes(chart.root).map((node) => [node.id, node]));
  const groups = new Map<string, ChartEdge[]>();
  for (const edge of chart.edges) {
    if (edge.internal) continue;
    const key = `${edge.source} ${landingOf(edge, chart.edges, nodes)}`;
    groups.set(key, [...(groups.get(key) ?? []), edge]);
  }
  return [...groups].map(([key, edges]) => {
    const space = key.indexOf(" ");
    const [source, target] = [key.slice(0, space), key.slice(space + 1)];
    return { key, source, target, label: toLabel(edges, target), brief: toBrief(edges), edges };
  });
}

/** Where an edge is drawn to: the compound that it enters, if others of its source enter another state of that. */
function landingOf(edge: ChartEdge, edges: readonly ChartEdge[], nodes: ReadonlyMap<string, ChartNode>): string {
  const steps = edge.target.split(".");
  for (let length = 1; length < steps.length; length++) {
    const ancestor = steps.slice(0, length).join(".");
    if (isWithin(edge.source, ancestor) || nodes.get(ancestor)?.type !== "compound") continue;
    const others = edges.filter((one) => one.source === edge.source && !one.internal && isWithin(one.target, ancestor));
    if (new Set(others.map(({ target }) => target)).size > 1) return ancestor;
  }
  return edge.target;
}

function toBrief(edges: readonly ChartEdge[]): string {
  const [first = "", ...others] = new Set(edges.map(({ label }) => label));
  return others.length === 0 ? first : `${first} +${others.length}`;
}

/** Events that lead to the same with the same guards share their lines. */
function toLabel(edges: readonly ChartEdge[], target: string): string[] {
  const byEvent = new Map<string, string[]>();
  for (const edge of edges) {
    const guard = edge.guard === null ? "" : `[${edge.guard}]`;
    const inner = edge.target === target ? "" : `→ ${edge.target.slice(edge.target.lastIndexOf(".") + 1)}`;
    byEvent.set(edge.label, [...(byEvent.get(edge.label) ?? []), [guard, inner].filter(Boolean).join(" ")]);
  }
  const byBranches = new Map<string, string[]>();
  for (const [label, branches] of byEvent) {
    const key = branches.join("\n");
    byBranches.set(key, [...(byBranches.get(key) ?? []), label]);
  }
  return [...byBranches].flatMap(([branches, labels]) => {
    const names = labels.join(", ");
    const lines = branches.split("\n").filter(Boolean);
    if (lines.length === 0) return [names];
    return lines.length === 1 ? [`${names} ${lines[0]}`] : [names, ...lines.map((line) => `  ${line}`)];
  });
}

/** What a state does on an event without leaving: written inside it. */
export function internalLines(chart: Chart, id: string): string[] {
  return chart.edges
    .filter((edge) => edge.internal && edge.source === id)
    .map(({ label, guard, actions }) => `${label}${guard === null ? "" : ` [${guard}]`} / ${actions.join(", ")}`);
}
