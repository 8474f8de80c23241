// dependency-focus.ts: the part of the dependencies that matters for one service: what it depends on and what depends on
// it, two steps far; for a supervisor, what is in it. Supervisors are folded to one box. Pure.

import dagre from "@dagrejs/dagre";
import type { Size } from "./camera.ts";
import {
  labelSize,
  type PlacedDependency,
  type PlacedGraph,
  type PlacedService,
  widthOf,
} from "./dependency-layout.ts";
import { nameOf } from "./format.ts";
import type { Point } from "./geometry.ts";
import type { TreeModel } from "./tree.ts";
import { dependantsOf, dependenciesOf } from "./waiting.ts";

/** How far from the service the picture goes. */
const steps = 2;
/** The most boxes: what waits comes first, then what is near. */
const mostBoxes = 60;
export const boxHeight = 48;

/** The services of the picture. `blocked`: what waits, and what it waits for; these are kept when there are too many. */
export function pathsAround(path: string, tree: TreeModel, blocked: ReadonlySet<string>): readonly string[] {
  const children = tree.nodes.get(path)?.children ?? null;
  const found = children === null ? new Set([path, ...walk(path, tree)]) : new Set([...children]);
  const ordered = [...found];
  if (ordered.length <= mostBoxes) return ordered;
  const isLinked = (one: string) => dependenciesOf(one, tree).length > 0 || dependantsOf(one, tree).length > 0;
  const rank = (one: string) => (one === path ? 0 : blocked.has(one) ? 1 : isLinked(one) ? 2 : 3);
  return ordered
    .map((one, index) => ({ one, index }))
    .sort((a, b) => rank(a.one) - rank(b.one) || a.index - b.index)
    .slice(0, mostBoxes)
    .map(({ one }) => one);
}

function walk(path: string, tree: TreeModel): string[] {
  const found: string[] = [];
  for (const next of [
    (one: string) => dependenciesOf(one, tree).map((on) => on.path),
    (one: string) => dependantsOf(one, tree),
  ]) {
    let edge: readonly string[] = [path];
    for (let step = 0; step < steps; step++) {
      edge = edge.flatMap(next);
      found.push(...edge);
    }
  }
  return found;
}

/** As `layOutFocus`, along the longer side of the room, or along the other one where that is clearly larger. */
export function layOutFocusIn(paths: readonly string[], tree: TreeModel, room: Size, total: number): PlacedGraph {
  const isTall = room.width < room.height;
  const wide = Math.min(760, Math.max(300, room.width - 28));
  const scaleOf = ({ width, height }: Size) => Math.min(1, room.width / width, room.height / height);
  const usual = layOutFocus(paths, tree, isTall, total, wide);
  if (scaleOf(usual) === 1) return usual;
  const other = layOutFocus(paths, tree, !isTall, total, wide);
  return scaleOf(other) > scaleOf(usual) * 1.15 ? other : usual;
}

/**
 * `isTall`: the view is higher than wide, and what depends stands below what it depends on. `room`: the width of the rows of
 * those without dependencies.
 */
export function layOutFocus(
  paths: readonly string[],
  tree: TreeModel,
  isTall: boolean,
  total: number,
  room = isTall ? 300 : 760,
): PlacedGraph {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: isTall ? "TB" : "LR", nodesep: 18, ranksep: 26, marginx: 24, marginy: 24 });
  graph.setDefaultEdgeLabel(() => ({}));
  const wanted = new Set(paths);
  const links = paths.flatMap((path) =>
    dependenciesOf(path, tree)
      .filter((on) => wanted.has(on.path))
      .map((on) => ({ path, on })),
  );
  const linked = new Set(links.flatMap(({ path, on }) => [path, on.path]));
  const foldedOf = (path: string) => tree.nodes.get(path)?.children?.length ?? 0;
  const widths = new Map(paths.map((path) => [path, widthOf(nameOf(path), foldedOf(path))]));
  for (const path of linked) graph.setNode(path, { width: widths.get(path)!, height: boxHeight });
  for (const { path, on } of links) graph.setEdge(on.path, path, { ...labelSize(on), labelpos: "c" });
  if (linked.size > 0) dagre.layout(graph);
  const services: PlacedService[] = [];
  const place = (path: string, x: number, y: number) => {
    services.push({
      ...{ path, x, y, name: nameOf(path), width: widths.get(path)!, height: boxHeight, depth: 1 },
      isSupervisor: false,
      folded: foldedOf(path),
    });
  };
  for (const path of linked) {
    const { x, y } = graph.node(path) as Point;
    place(path, x - widths.get(path)! / 2, y - boxHeight / 2);
  }
  const dependencies: PlacedDependency[] = links.map(({ path, on }) => {
    const { points, x, y } = graph.edge(on.path, path) as { points: Point[]; x: number; y: number };
    return { ...on, dependant: path, points, label: { x, y } };
  });
  const { width = 0, height = 0 } = linked.size > 0 ? (graph.graph() as { width?: number; height?: number }) : {};
  const alone = paths.filter((path) => !linked.has(path));
  const rows = placeRows(alone, widths, Math.max(width, room), linked.size > 0 ? height : 24, place);
  return {
    width: Math.max(width, rows.width),
    height: Math.max(height, rows.height),
    services,
    dependencies,
    hidden: new Map(total > paths.length ? [["", total - paths.length]] : []),
  };
}

/** Those without dependencies stand in rows below the others. */
function placeRows(
  paths: readonly string[],
  widths: ReadonlyMap<string, number>,
  room: number,
  top: number,
  place: (path: string, x: number, y: number) => void,
): { width: number; height: number } {
  let [x, y, width] = [24, top, 0];
  for (const path of paths) {
    const wide = widths.get(path)!;
    if (x > 24 && x + wide > room - 24) [x, y] = [24, y + boxHeight + 12];
    place(path, x, y);
    width = Math.max(width, x + wide + 24);
    x += wide + 12;
  }
  return paths.length === 0 ? { width: 0, height: top } : { width, height: y + boxHeight + 24 };
}
