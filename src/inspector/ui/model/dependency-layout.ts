// Where the services of the dependency graph are drawn: each supervisor a box around its children, those with
// dependencies from left to right by what waits for what, the others in rows beneath.

import dagre from "@dagrejs/dagre";
import type { DependencyDescription } from "../../../describe.ts";
import type { Point } from "./geometry.ts";
import { textWidth } from "./text-width.ts";
import type { TreeModel } from "./tree.ts";

export interface PlacedService {
  readonly path: string;
  readonly name: string;
  /** Its upper left corner. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly isSupervisor: boolean;
  readonly depth: number;
}

export interface PlacedDependency extends DependencyDescription {
  readonly dependant: string;
  readonly points: readonly Point[];
  readonly label: Point;
}

export interface PlacedGraph {
  readonly width: number;
  readonly height: number;
  readonly services: readonly PlacedService[];
  readonly dependencies: readonly PlacedDependency[];
  /** How many are left out, by their supervisor. */
  readonly hidden: ReadonlyMap<string, number>;
}

const gap = 16;
const titleHeight = 30;
const serviceHeight = 40;
/** A supervisor with more children than this shows those that depend on each other, and the first of the others. */
const mostChildren = 120;

interface Block {
  width: number;
  height: number;
  services: PlacedService[];
  dependencies: PlacedDependency[];
}

export function layOutDependencies(tree: TreeModel): PlacedGraph {
  const hidden = new Map<string, number>();
  const block = layOutFamily(tree, tree.description.path, 0, hidden);
  return { ...block, hidden };
}

function layOutFamily(tree: TreeModel, path: string, depth: number, hidden: Map<string, number>): Block {
  const node = tree.nodes.get(path)!;
  const children = node.children ?? [];
  const linked = new Set<string>();
  for (const child of children) {
    for (const { path: on } of dependenciesOf(tree, child)) linked.add(child).add(on);
  }
  const alone = children.filter((child) => !linked.has(child));
  const room = Math.max(0, mostChildren - linked.size);
  if (alone.length > room) hidden.set(path, alone.length - room);
  const blockOf = (child: string): Block =>
    tree.nodes.get(child)!.children === null
      ? single(tree, child, depth + 1)
      : layOutFamily(tree, child, depth + 1, hidden);
  const graph = linked.size === 0 ? null : layOutLinked(tree, [...linked], blockOf);
  const rows = layOutRows(alone.slice(0, room).map(blockOf), Math.max(graph?.width ?? 0, widthFor(alone.length)));
  const width = Math.max(graph?.width ?? 0, rows.width, textWidth(node.name, "600 13px system-ui") + 60) + 2 * gap;
  const inner: Block = { width: 0, height: 0, services: [], dependencies: [] };
  let y = titleHeight + 6;
  for (const part of [graph, rows]) {
    if (part === null || part.height === 0) continue;
    addAt(inner, part, gap, y);
    y += part.height + gap;
  }
  const height = Math.max(y, titleHeight + gap);
  const own: PlacedService = { path, name: node.name, x: 0, y: 0, width, height, isSupervisor: true, depth };
  return { width, height, services: [own, ...inner.services], dependencies: inner.dependencies };
}

function dependenciesOf(tree: TreeModel, path: string): readonly DependencyDescription[] {
  const spec = tree.nodes.get(path)?.spec;
  return spec !== null && spec !== undefined && "dependsOn" in spec ? spec.dependsOn : [];
}

function widthFor(count: number): number {
  return Math.min(1_600, Math.ceil(Math.sqrt(count * 3)) * 150);
}

function single(tree: TreeModel, path: string, depth: number): Block {
  const { name } = tree.nodes.get(path)!;
  const width = Math.max(96, Math.ceil(textWidth(name, "13px system-ui")) + 46);
  const service = { path, name, x: 0, y: 0, width, height: serviceHeight, isSupervisor: false, depth };
  return { width, height: serviceHeight, services: [service], dependencies: [] };
}

function layOutLinked(tree: TreeModel, paths: readonly string[], blockOf: (path: string) => Block): Block {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 18, ranksep: 34, marginx: 0, marginy: 0 });
  graph.setDefaultEdgeLabel(() => ({}));
  const blocks = new Map(paths.map((path) => [path, blockOf(path)]));
  for (const [path, { width, height }] of blocks) graph.setNode(path, { width, height });
  const links = paths.flatMap((path) =>
    dependenciesOf(tree, path).map((dependency) => ({ ...dependency, path, on: dependency })),
  );
  for (const { path, on } of links) graph.setEdge(on.path, path, { width: labelWidth(on), height: 16, labelpos: "c" });
  dagre.layout(graph);
  const all: Block = { width: 0, height: 0, services: [], dependencies: [] };
  for (const [path, block] of blocks) {
    const { x, y } = graph.node(path) as Point;
    addAt(all, block, x - block.width / 2, y - block.height / 2);
  }
  for (const { path, on } of links) {
    const { points, x, y } = graph.edge(on.path, path) as { points: Point[]; x: number; y: number };
    all.dependencies.push({ ...on, dependant: path, points, label: { x, y } });
  }
  return all;
}

export function labelOf({ condition, required, onFailure }: DependencyDescription): string {
  return [condition, ...(required ? [] : ["optional"]), ...(onFailure === "ignore" ? [] : [`${onFailure}s it`])].join(
    ", ",
  );
}

function labelWidth(dependency: DependencyDescription): number {
  return textWidth(labelOf(dependency), "10.5px ui-monospace, monospace") + 14;
}

function layOutRows(blocks: readonly Block[], width: number): Block {
  const all: Block = { width: 0, height: 0, services: [], dependencies: [] };
  let [x, y, tallest] = [0, 0, 0];
  for (const block of blocks) {
    if (x > 0 && x + block.width > width) {
      [x, y, tallest] = [0, y + tallest + 10, 0];
    }
    addAt(all, block, x, y);
    x += block.width + 10;
    tallest = Math.max(tallest, block.height);
  }
  return all;
}

function addAt(into: Block, block: Block, dx: number, dy: number): void {
  const move = ({ x, y }: Point): Point => ({ x: x + dx, y: y + dy });
  for (const service of block.services) into.services.push({ ...service, ...move(service) });
  for (const dependency of block.dependencies) {
    into.dependencies.push({ ...dependency, points: dependency.points.map(move), label: move(dependency.label) });
  }
  into.width = Math.max(into.width, dx + block.width);
  into.height = Math.max(into.height, dy + block.height);
}
