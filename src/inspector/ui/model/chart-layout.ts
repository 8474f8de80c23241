// chart-layout.ts: the places of the states and lines of a statechart, from the inside out. Dagre places the states of one
// level; a state with states inside is a box of the size that they need.
// Longer than other files: the sizes, the places and the lines of one level are found together.

import dagre from "@dagrejs/dagre";
import type { Chart, ChartNode } from "../../shared/protocol.ts";
import { type DrawnEdge, internalLines, toDrawnEdges } from "./chart-edges.ts";
import { earHeight, earRoom, endAtStates, toEar } from "./chart-loops.ts";
import { type Box, leaveBox, type Point } from "./geometry.ts";
import { textWidth } from "./text-width.ts";

const titleFont = "600 13px system-ui, sans-serif";
const smallFont = "11px ui-monospace, monospace";
export const lineHeight = 13;
/** The space around the states inside another state. */
const padding = { top: 30, side: 14, bottom: 14 };
const dotSize = 10;

export interface PlacedNode extends Box {
  readonly node: ChartNode;
  readonly depth: number;
  readonly lines: readonly string[];
}

export interface PlacedEdge {
  readonly edge: DrawnEdge;
  readonly points: Point[];
  /** The middle of its label. */
  readonly label: Point;
}

/** A dot: where a level begins, or where a transition of all of its states comes from. */
interface PlacedDot extends Point {
  readonly key: string;
  /** The state that the level begins in, and the line to it; null: the line is an edge. */
  readonly initial: string | null;
  readonly points: Point[];
}

export interface PlacedChart {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
  readonly dots: readonly PlacedDot[];
}

/** A chart with more lines than this has short labels, unless the user asks for all of them. */
const mostLines = 9;

export function isLarge(chart: Chart): boolean {
  return toDrawnEdges(chart).length > mostLines;
}

/** A way to place a chart. */
export interface Way {
  readonly isBrief: boolean;
  /** The regions of a parallel state stand one below the other, not side by side. */
  readonly isTall: boolean;
  /** The states of the whole chart go from left to right. */
  readonly isWide: boolean;
}

interface Layout extends Way {
  readonly chart: Chart;
  readonly drawn: readonly DrawnEdge[];
  /** Identifies the way. */
  readonly key: string;
}

interface Part {
  width: number;
  height: number;
  nodes: PlacedNode[];
  edges: PlacedEdge[];
  dots: PlacedDot[];
}

/** The whole chart, placed in one way. */
export function layOut(chart: Chart, way: Way): PlacedChart {
  const part = layOutLevel(chart.root, toLayout(chart, way), 0);
  const all = toEmpty();
  addAt(all, part, 16, 16);
  return { ...all, width: all.width + 16, height: all.height + 16, nodes: all.nodes.sort((a, b) => a.depth - b.depth) };
}

/** Places the states inside a state. */
function layOutLevel(parent: ChartNode, layout: Layout, depth: number): Part {
  const parts = new Map(parent.children.map((node) => [node.id, layOutNode(node, layout, depth + 1)]));
  const loops = layout.drawn.filter(({ level, source, target }) => level === parent.id && source === target);
  for (const loop of loops) makeRoom(parts, loop);
  const edges = layout.drawn.filter(({ level, source, target }) => level === parent.id && source !== target);
  const all =
    parent.type === "parallel" ? placeRegions(parts, layout.isTall) : placeStates(parent, parts, edges, layout);
  const boxes = new Map(all.nodes.map((one) => [one.node.id, one]));
  for (const edge of loops) {
    const box = boxes.get(edge.source);
    if (box !== undefined) all.edges.push({ edge, ...toEar(box, labelSize([edge.brief])[0]) });
  }
  const lines = [
    ...all.edges.map(({ edge: { source, target }, points }) => ({ source, target, points })),
    ...all.dots.map(({ initial, points }) => ({ source: "", target: initial ?? "", points })),
  ];
  endAtStates(lines, boxes, new Set(loops.map(({ source }) => source)), leaveBox);
  return all;
}

const knownParts = new WeakMap<ChartNode, Map<string, Part>>();

/** Places what is inside one state, innermost states first; what holds them then takes less time. */
export function* layOutParts(chart: Chart, way: Way): Generator<void, void> {
  const layout = toLayout(chart, way);
  yield* layOutInner(chart.root, layout, 0);
}

function* layOutInner({ children }: ChartNode, layout: Layout, depth: number): Generator<void, void> {
  for (const child of children) {
    if (child.children.length === 0) continue;
    yield* layOutInner(child, layout, depth + 1);
    layOutNode(child, layout, depth + 1);
    yield;
  }
}

function toLayout(chart: Chart, way: Way): Layout {
  return { chart, drawn: toDrawnEdges(chart), key: keyOf(way), ...way };
}

export function keyOf({ isBrief, isTall, isWide }: Way): string {
  return `${isBrief} ${isTall} ${isWide}`;
}

/** A state with what is inside it. */
function layOutNode(node: ChartNode, layout: Layout, depth: number): Part {
  const known = knownParts.get(node)?.get(layout.key);
  if (known !== undefined) return known;
  const part = placeNode(node, layout, depth);
  knownParts.set(node, (knownParts.get(node) ?? new Map<string, Part>()).set(layout.key, part));
  return part;
}

function placeNode(node: ChartNode, layout: Layout, depth: number): Part {
  const lines = layout.isBrief ? briefLinesOf(node) : linesOf(layout.chart, node);
  const part = toEmpty();
  if (node.children.length === 0) {
    Object.assign(part, sizeOf(node, lines));
  } else {
    const inner = layOutLevel(node, layout, depth);
    const top = padding.top + lines.length * lineHeight;
    const width = Math.max(inner.width, textWidth(node.name, titleFont) + 20, ...lines.map(widthOf));
    addAt(part, inner, padding.side + (width - inner.width) / 2, top);
    part.width = width + 2 * padding.side;
    part.height = top + inner.height + padding.bottom;
  }
  const { width, height } = part;
  part.nodes.unshift({ node, x: width / 2, y: height / 2, width, height, depth, lines });
  return part;
}

/** Places the regions of a parallel state, each for itself. */
function placeRegions(parts: ReadonlyMap<string, Part>, isTall: boolean): Part {
  const all = toEmpty();
  for (const part of parts.values()) {
    if (isTall) addAt(all, part, 0, all.height === 0 ? 0 : all.height + 14);
    else addAt(all, part, all.width === 0 ? 0 : all.width + 14, 0);
  }
  return all;
}

function placeStates(
  parent: ChartNode,
  parts: ReadonlyMap<string, Part>,
  edges: readonly DrawnEdge[],
  { isBrief, isWide }: Layout,
): Part {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  // Inner levels go from left to right, so that the whole does not become a tower.
  const isAcross =
    parent.id === "" ? isWide : parent.children.every(({ children }) => children.length === 0) !== isWide;
  graph.setGraph({
    rankdir: isAcross ? "LR" : "TB",
    nodesep: isBrief ? 22 : 30,
    ranksep: isAcross ? 20 : isBrief ? 24 : 34,
    edgesep: isBrief ? 10 : 16,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const [id, { width, height }] of parts) graph.setNode(id, { width, height });
  // Dagre writes its place into each.
  const toDot = () => ({ width: dotSize, height: dotSize });
  if (parent.initial !== null) {
    graph.setNode("(initial)", toDot());
    graph.setEdge("(initial)", parent.initial, { width: 0, height: 0 }, "(initial)");
  }
  for (const { key, source, target, label, brief } of edges) {
    const [width, height] = labelSize(isBrief ? [brief] : label);
    // The transitions of all states of this level come from a dot.
    const from = source === parent.id ? `(any) ${target}` : source;
    if (source === parent.id) graph.setNode(from, toDot());
    graph.setEdge(from, target, { width, height, labelpos: "c" }, key);
  }
  dagre.layout(graph);
  const all = toEmpty();
  for (const [id, part] of parts) {
    const { x, y } = graph.node(id) as Point;
    addAt(all, part, x - part.width / 2, y - part.height / 2);
  }
  if (parent.initial !== null) {
    const { points } = graph.edge("(initial)", parent.initial, "(initial)") as { points: Point[] };
    const { x, y } = graph.node("(initial)") as Point;
    all.dots.push({ key: `${parent.id} initial`, x, y, initial: parent.initial, points });
  }
  for (const edge of edges) {
    const from = edge.source === parent.id ? `(any) ${edge.target}` : edge.source;
    const { points, x = 0, y = 0 } = graph.edge(from, edge.target, edge.key) as { points: Point[] } & Partial<Point>;
    all.edges.push({ edge, points, label: { x, y } });
    if (from === edge.source) continue;
    const dot = graph.node(from) as Point;
    all.dots.push({ key: `${parent.id} ${from}`, x: dot.x, y: dot.y, initial: null, points: [] });
  }
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  all.width = Math.max(all.width, width);
  all.height = Math.max(all.height, height);
  return all;
}

/** Makes a state larger by the room of an ear and its label. */
function makeRoom(parts: Map<string, Part>, { source, brief }: DrawnEdge): void {
  const part = parts.get(source);
  if (part === undefined) return;
  const [wide] = labelSize([brief]);
  const all = toEmpty();
  const left = Math.max(0, wide - part.width - earHeight);
  addAt(all, part, left, earRoom);
  all.width += earHeight;
  parts.set(source, all);
}

function toEmpty(): Part {
  return { width: 0, height: 0, nodes: [], edges: [], dots: [] };
}

function addAt(into: Part, part: Part, dx: number, dy: number): void {
  const move = <Place extends Point>(place: Place): Place => ({ ...place, x: place.x + dx, y: place.y + dy });
  into.nodes.push(...part.nodes.map(move));
  into.dots.push(...part.dots.map((one) => ({ ...move(one), points: one.points.map(move) })));
  into.edges.push(...part.edges.map((one) => ({ ...one, points: one.points.map(move), label: move(one.label) })));
  into.width = Math.max(into.width, dx + part.width);
  into.height = Math.max(into.height, dy + part.height);
}

export function linesOf(chart: Chart, node: ChartNode): string[] {
  return [
    ...node.invokes.map((id) => `invoke ${id}`),
    ...(node.entry.length > 0 ? [`entry / ${node.entry.join(", ")}`] : []),
    ...(node.exit.length > 0 ? [`exit / ${node.exit.join(", ")}`] : []),
    ...internalLines(chart, node.id),
  ];
}

/** What a state runs and does, without its transitions; of long lists of actions, the first. */
function briefLinesOf({ invokes, entry, exit }: ChartNode): string[] {
  const first = (actions: readonly string[]) => `${actions[0]}${actions.length > 1 ? ` +${actions.length - 1}` : ""}`;
  return [
    ...invokes.map((id) => `invoke ${id}`),
    ...(entry.length > 0 ? [`entry / ${first(entry)}`] : []),
    ...(exit.length > 0 ? [`exit / ${first(exit)}`] : []),
  ];
}

/** The usual sign of a history state: H if it remembers one level, H* if it remembers all. */
export function titleOf({ name, history }: ChartNode): string {
  return history === undefined ? name : `${history === "deep" ? "H*" : "H"} ${name}`;
}

function widthOf(line: string): number {
  return textWidth(line, smallFont);
}

function sizeOf(node: ChartNode, lines: readonly string[]): { width: number; height: number } {
  const widest = Math.max(textWidth(titleOf(node), titleFont) + 12, ...lines.map(widthOf));
  return {
    width: Math.max(84, Math.ceil(widest) + 24),
    height: 36 + lines.length * lineHeight + (lines.length > 0 ? 6 : 0),
  };
}

export function labelSize(lines: readonly string[]): [number, number] {
  return [Math.ceil(Math.max(...lines.map(widthOf))) + 10, lines.length * lineHeight + 6];
}
