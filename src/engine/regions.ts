// Regions: the places that a chart can be in, numbered. One innermost state of each region is a configuration, and its
// number the sum of theirs, so that a step is a sum, too.

import type { AnyStateMachine, StateValue } from "xstate";

export type Node = AnyStateMachine["root"];

export interface Region {
  readonly top: Node;
  readonly leaves: readonly Node[];
  /** From the place of one of its leaves to that of the next. */
  readonly stride: number;
}

export function regionsOf(root: Node): Region[] {
  const tops = root.type === "parallel" ? (Object.values(root.states) as Node[]) : [root];
  if (root.type === "parallel" && Object.keys(root.on).length > 0)
    throw new Error(`cannot compile: ${root.id} has "on"`);
  let stride = 1;
  return tops.map((top) => {
    const leaves = leavesOf(top);
    const region = { top, leaves, stride };
    stride *= leaves.length;
    return region;
  });
}

/** The initial one first. */
function leavesOf(top: Node): Node[] {
  const collect = (node: Node): Node[] => {
    if (node.type === "atomic") return [node];
    if (node.type !== "compound") throw new Error(`cannot compile ${node.id}: it is ${node.type}`);
    return Object.values(node.states as Record<string, Node>).flatMap(collect);
  };
  const initial = innermost(top);
  for (const node of lineage(initial)) {
    if (node.entry.length > 0 || node.after.length > 0)
      throw new Error(`cannot compile ${node.id}: it is entered at once`);
  }
  return [initial, ...collect(top).filter((leaf) => leaf !== initial)];
}

export function leafAt({ leaves, stride }: Region, place: number): Node {
  return leaves[Math.floor(place / stride) % leaves.length]!;
}

export function placeOf(regions: readonly Region[], value: StateValue): number {
  return regions.reduce((place, { top, leaves, stride }) => {
    // The value of a region side by side with others is found below its name.
    const within = top.parent ? (value as Record<string, StateValue>)[top.key]! : value;
    const name = [...top.path, nameOfValue(within)].join(".");
    return place + leaves.findIndex(({ path }) => path.join(".") === name) * stride;
  }, 0);
}

function nameOfValue(value: StateValue): string {
  if (typeof value === "string") return value;
  const key = Object.keys(value)[0]!;
  return `${key}.${nameOfValue(value[key]!)}`;
}

export function innermost(node: Node): Node {
  return node.type === "atomic" ? node : innermost(node.initial.target![0] as Node);
}

/** A state, what it is in, and so on, innermost first. */
export function lineage(node: Node): Node[] {
  return node.parent ? [node, ...lineage(node.parent as Node)] : [node];
}

export function toValue(root: Node, leaves: readonly Node[]): StateValue {
  const nest = (path: readonly string[]): StateValue =>
    path.length === 1 ? path[0]! : { [path[0]!]: nest(path.slice(1)) };
  if (root.type !== "parallel") return nest(leaves[0]!.path);
  return Object.fromEntries(leaves.map(({ path }) => [path[0]!, nest(path.slice(1))]));
}

export function isBelow(node: Node, ancestor: Node): boolean {
  return node !== ancestor && lineage(node).includes(ancestor);
}
