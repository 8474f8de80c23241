// dependency-layout.ts: the places of services in the dependency graph: each supervisor is a box around its children;
// children with dependencies go from left to right, the others stand in rows below.

import dagre from "@dagrejs/dagre";
import type { DependencyDescription } from "../../../contract/description.ts";
import type { Point } from "./geometry.ts";
import { textWidth } from "./text-width.ts";
import type { TreeModel } from "./tree.ts";
import { dependenciesOf } from "./waiting.ts";

export interface PlacedService {
  readonly path: string;
  readonly name: string;
  /** Its upper left corner. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** It is a box around its children. */
  readonly isSupervisor: boolean;
  /** How many services are folded into it. */
  readonly folded: number;
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
  /** How many services are left out, by their supervisor. */
  readonly hidden: ReadonlyMap<string, number>;
}

const widestService = 280;
/** The fonts of the name of a service, and of what it says below it. */
export const [nameFont, briefFont] = ["600 13px system-ui", "11px ui-monospace, monospace"];

/** Wide enough for the name and for what it may say below it, so that its size does not change with its state. */
export function widthOf(name: string, folded: number): number {
  const briefs = ["again in 9 min 59 s", `${folded} in it, unhealthy`].map((brief) => textWidth(brief, briefFont));
  const text = Math.max(textWidth(name, nameFont), ...briefs);
  return Math.min(widestService, Math.ceil(text) + 40);
}

const gap = 16;
const titleHeight = 30;
const serviceHeight = 40;
/** A supervisor with more children than this shows those that depend on each other, and the first of the others. */
const mostChildren = 120;
/** The most services that are shown of one group of dependencies: placing more would take seconds. */
const mostLinked = 150;

interface Block {
  width: number;
  height: number;
  services: PlacedService[];
  dependencies: PlacedDependency[];
}

/** A tree with more services than this has its supervisors folded, but for those that hold the selected one. */
const mostUnfolded = 150;

/** The supervisors that are drawn with what is in them; null for all of them. */
export function unfoldedFor(tree: TreeModel, selected: string): ReadonlySet<string> | null {
  if (tree.nodes.size <= mostUnfolded) return null;
  const open = new Set([tree.description.path]);
  for (let path = selected; path.includes("/"); path = path.slice(0, path.lastIndexOf("/"))) open.add(path);
  return open;
}

/** `open`: see `unfoldedFor`. */
export function layOutDependencies(tree: TreeModel, open: ReadonlySet<string> | null): PlacedGraph {
  const hidden = new Map<string, number>();
  const block = layOutFamily(tree, tree.description.path, 0, hidden, open);
  return { ...block, hidden };
}

function layOutFamily(
  tree: TreeModel,
  path: string,
  depth: number,
  hidden: Map<string, number>,
  open: ReadonlySet<string> | null,
): Block {
  const node = tree.nodes.get(path)!;
  const children = node.children ?? [];
  const linked = new Set<string>();
  for (const child of children) {
    for (const { path: on } of dependenciesOf(child, tree)) linked.add(child).add(on);
  }
  const alone = children.filter((child) => !linked.has(child));
  const room = Math.max(0, mostChildren - linked.size);
  if (alone.length > room) hidden.set(path, alone.length - room);
  const blockOf = (child: string): Block =>
    tree.nodes.get(child)!.children === null || open?.has(child) === false
      ? single(tree, child, depth + 1)
      : layOutFamily(tree, child, depth + 1, hidden, open);
  const groups = groupsOf(tree, [...linked]).map((group) => {
    const tooMany = Math.max(0, group.length - mostLinked);
    if (tooMany > 0) hidden.set(path, (hidden.get(path) ?? 0) + tooMany);
    return layOutLinked(tree, group.slice(0, mostLinked), blockOf);
  });
  const inner = layOutRows([...groups, ...alone.slice(0, room).map(blockOf)]);
  const width = Math.max(inner.width, textWidth(node.name, nameFont) + 60) + 2 * gap;
  const height = titleHeight + 6 + inner.height + gap;
  const all: Block = { width, height, services: [], dependencies: [] };
  const own: PlacedService = { path, name: node.name, x: 0, y: 0, width, height, isSupervisor: true, folded: 0, depth };
  all.services.push(own);
  addAt(all, inner, gap, titleHeight + 6);
  return all;
}

/** Groups of services that are joined by dependencies, directly or through others. */
function groupsOf(tree: TreeModel, paths: readonly string[]): string[][] {
  const groups = new Map(paths.map((path) => [path, [path]]));
  for (const path of paths) {
    for (const { path: on } of dependenciesOf(path, tree)) {
      const [one, other] = [groups.get(path)!, groups.get(on)!];
      if (one === other) continue;
      const joined = [...other, ...one];
      for (const member of joined) groups.set(member, joined);
    }
  }
  return [...new Set(groups.values())];
}

function single(tree: TreeModel, path: string, depth: number): Block {
  const { name, children } = tree.nodes.get(path)!;
  const folded = children?.length ?? 0;
  const width = widthOf(name, folded);
  const service = { path, name, x: 0, y: 0, width, height: serviceHeight, isSupervisor: false, folded, depth };
  return { width, height: serviceHeight, services: [service], dependencies: [] };
}

function layOutLinked(tree: TreeModel, paths: readonly string[], blockOf: (path: string) => Block): Block {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 18, ranksep: 34, marginx: 0, marginy: 0 });
  graph.setDefaultEdgeLabel(() => ({}));
  const blocks = new Map(paths.map((path) => [path, blockOf(path)]));
  for (const [path, { width, height }] of blocks) graph.setNode(path, { width, height });
  const links = paths.flatMap((path) =>
    dependenciesOf(path, tree)
      .filter((dependency) => blocks.has(dependency.path))
      .map((dependency) => ({ path, on: dependency })),
  );
  for (const { path, on } of links) graph.setEdge(on.path, path, { ...labelSize(on), labelpos: "c" });
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

const needs: Readonly<Record<DependencyDescription["condition"], string>> = {
  started: "running",
  healthy: "healthy",
  completed: "completed",
};

/** What is said at the line of a service that waits. */
export function labelOf({ condition }: DependencyDescription): string {
  return `needs it ${needs[condition]}`;
}

export function labelSize(dependency: DependencyDescription): { width: number; height: number } {
  return { width: Math.ceil(textWidth(labelOf(dependency), "700 11px ui-monospace, monospace")) + 14, height: 20 };
}

/** Places boxes in rows, so that the whole is somewhat wider than high. */
function layOutRows(blocks: readonly Block[]): Block {
  const area = blocks.reduce((sum, { width, height }) => sum + (width + 10) * (height + 10), 0);
  const width = Math.max(420, ...blocks.map((block) => block.width), Math.sqrt(area * 1.7));
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
