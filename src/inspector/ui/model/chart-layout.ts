// Where the states and the lines of a statechart are drawn. Dagre places the innermost states; a line from or to a
// compound, which it cannot place, is led to a state inside and cut at the border.

import dagre from "@dagrejs/dagre";
import type { Chart, ChartNode } from "../../protocol.ts";
import { allNodes, type DrawnEdge, internalLines, isWithin, toDrawnEdges } from "./chart-edges.ts";
import { type Box, cutAtBorder, type Point } from "./geometry.ts";
import { textWidth } from "./text-width.ts";

const titleFont = "600 13px system-ui, sans-serif";
const smallFont = "10.5px ui-monospace, monospace";
export const lineHeight = 13;

export interface PlacedNode extends Box {
  readonly node: ChartNode;
  readonly depth: number;
  readonly lines: readonly string[];
}

export interface PlacedEdge {
  readonly edge: DrawnEdge;
  readonly points: readonly Point[];
  /** The middle of its label; null: only shown when it is asked for. */
  readonly label: Point | null;
}

export interface PlacedChart {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

/** A chart with more lines than this is drawn briefly, unless it is asked for in full. */
const mostLines = 16;

export function isLarge(chart: Chart): boolean {
  return toDrawnEdges(chart).length > mostLines;
}

/** `isTall`: the regions of a parallel chart stand one below the other, not side by side. */
export function layOutChart(chart: Chart, isBrief: boolean, isTall = false): PlacedChart {
  const { root, edges } = chart;
  const regionOf = (id: string) => id.split(".")[0];
  const isSeparate = edges.every(({ source, target }) => regionOf(source) === regionOf(target));
  if (root.type !== "parallel" || !isSeparate) return layOutWhole(chart, isBrief);
  const all = { width: 0, height: 0, nodes: [] as PlacedNode[], edges: [] as PlacedEdge[] };
  for (const region of root.children) {
    const own = edges.filter(({ source }) => isWithin(source, region.id));
    const part = layOutWhole({ ...chart, root: { ...root, children: [region] }, edges: own }, isBrief);
    const [dx, dy] = isTall ? [0, all.height] : [all.width, 0];
    const move = <Place extends Point>(place: Place): Place => ({ ...place, x: place.x + dx, y: place.y + dy });
    all.nodes.push(...part.nodes.map(move));
    all.edges.push(
      ...part.edges.map((one) => ({ ...one, points: one.points.map(move), label: one.label && move(one.label) })),
    );
    all.width = Math.max(all.width, dx + part.width);
    all.height = Math.max(all.height, dy + part.height);
  }
  return { ...all, nodes: all.nodes.sort((a, b) => a.depth - b.depth) };
}

function layOutWhole(chart: Chart, isBrief: boolean): PlacedChart {
  const graph = new dagre.graphlib.Graph({ compound: true, multigraph: true });
  graph.setGraph({
    rankdir: "TB",
    nodesep: isBrief ? 26 : 34,
    ranksep: isBrief ? 34 : 46,
    edgesep: isBrief ? 10 : 18,
    marginx: 16,
    marginy: 16,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  const nodes = allNodes(chart.root).filter(({ id }) => id !== "");
  for (const node of nodes) {
    graph.setNode(node.id, node.children.length > 0 ? {} : sizeOf(node, isBrief ? [] : linesOf(chart, node)));
    const parent = node.id.includes(".") ? node.id.slice(0, node.id.lastIndexOf(".")) : null;
    if (parent !== null) graph.setParent(node.id, parent);
  }
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const drawn = toDrawnEdges(chart);
  for (const edge of drawn) {
    const [width, height] = labelSize(isBrief ? [edge.brief] : edge.label);
    if (edge.source === edge.target) continue;
    const [from, to] = [leafOf(edge.source, byId, edge.target), leafOf(edge.target, byId, edge.source)];
    graph.setEdge(from, to, { width, height, labelpos: "c" }, edge.key);
  }
  dagre.layout(graph);
  const placed = new Map(
    nodes.map((node) => [node.id, placeNode(node, graph.node(node.id) as Box, isBrief ? [] : linesOf(chart, node))]),
  );
  const edges = drawn.map((edge) => {
    if (edge.source === edge.target) return toLoop(edge, placed.get(edge.source)!);
    const [from, to] = [leafOf(edge.source, byId, edge.target), leafOf(edge.target, byId, edge.source)];
    const {
      points,
      x = 0,
      y = 0,
    } = graph.edge(from, to, edge.key) as {
      points: Point[];
      x?: number;
      y?: number;
    };
    return { edge, points: cut(points, edge, placed), label: { x, y } };
  });
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { width, height, nodes: [...placed.values()].sort((a, b) => a.depth - b.depth), edges };
}

/** A line that comes back to where it began: a small ear at the corner. */
function toLoop(edge: DrawnEdge, { x, y, width, height }: Box): PlacedEdge {
  const [right, top] = [x + width / 2, y - height / 2];
  const points = [
    { x: right - 16, y: top },
    { x: right - 16, y: top - 14 },
    { x: right + 14, y: top - 14 },
    { x: right + 14, y: top + 12 },
    { x: right, y: top + 12 },
  ];
  return { edge, points, label: null };
}

/** The state that stands for another in the layout: itself, or one inside it. */
function leafOf(id: string, nodes: ReadonlyMap<string, ChartNode>, other: string): string {
  const node = nodes.get(id);
  if (node === undefined || node.children.length === 0) return id;
  // A line between a compound and a state of its own must not end in that state.
  const inside = node.children.find((child) => child.id !== other && !isWithin(other, child.id));
  const next = node.initial !== null && node.initial !== other ? node.initial : (inside?.id ?? node.children[0]!.id);
  return leafOf(next, nodes, other);
}

function cut(points: readonly Point[], { source, target }: DrawnEdge, placed: ReadonlyMap<string, PlacedNode>) {
  let line = points;
  const [from, to] = [placed.get(source), placed.get(target)];
  if (from !== undefined && from.node.children.length > 0 && !isWithin(target, source)) line = cutAtBorder(line, from);
  if (to !== undefined && to.node.children.length > 0 && !isWithin(source, target)) {
    line = [...cutAtBorder([...line].reverse(), to)].reverse();
  }
  return line;
}

function placeNode(node: ChartNode, box: Box, lines: readonly string[]): PlacedNode {
  const { x, y, width, height } = box;
  return { node, x, y, width, height, depth: node.id.split(".").length, lines };
}

export function linesOf(chart: Chart, node: ChartNode): string[] {
  return [
    ...node.invokes.map((id) => `invoke ${id}`),
    ...(node.entry.length > 0 ? [`entry / ${node.entry.join(", ")}`] : []),
    ...(node.exit.length > 0 ? [`exit / ${node.exit.join(", ")}`] : []),
    ...internalLines(chart, node.id),
  ];
}

function sizeOf(node: ChartNode, lines: readonly string[]): { width: number; height: number } {
  const widest = Math.max(textWidth(node.name, titleFont) + 12, ...lines.map((line) => textWidth(line, smallFont)));
  return {
    width: Math.max(84, Math.ceil(widest) + 24),
    height: 36 + lines.length * lineHeight + (lines.length > 0 ? 6 : 0),
  };
}

export function labelSize(lines: readonly string[]): [number, number] {
  return [Math.ceil(Math.max(...lines.map((line) => textWidth(line, smallFont)))) + 10, lines.length * lineHeight + 6];
}
