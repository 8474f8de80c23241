// regions.ts: numbers the states that a chart can be in, so that a step from one to another is an addition.
//
// A *region* is a part of the chart that runs beside others; a chart that is not parallel has one region. The *leaves*
// of a region are its innermost states, the initial one first. A *configuration* is one leaf of each region. Its
// *place* is a number: the sum, over the regions, of the leaf's index × the region's stride. The *stride* of a region
// is the product of the leaf counts of the regions before it, as in a number whose digits have different bases.
//
//   The service chart has one region with 16 leaves and stride 1, so a place is just the index of a leaf:
//     stopped.idle 0, …, starting.waiting 5, delaying 6, launching 7, running.healthy 8, unhealthy 9, stopping 10, …
//     `unit.ready` leads from launching (7) to running.healthy (8): the step adds +1.
//   The supervisor chart has two regions and 7 × 3 = 21 places:
//     lifecycle (stride 1): stopped 0, starting 1, running 2, regrouping.stopping 3, .delaying 4, stopping 5, failed 6
//     health (stride 7): unhealthy 0, degraded 1, healthy 2
//     running and healthy is 2 × 1 + 2 × 7 = 16.
//     `supervisor.stop` leads from running (2) to stopping (5): the step adds +3, whatever the health: 16 + 3 = 19.
//     At once, health goes from healthy (2) to unhealthy (0): that step adds -14, and 5 is stopping and unhealthy.

import type { StateValue } from "xstate";
import type { Node } from "./nodes.ts";

export interface Region {
  readonly top: Node;
  readonly leaves: readonly Node[];
  /** The difference in place between one of its leaves and the next. */
  readonly stride: number;
}

export function regionsOf(root: Node): Region[] {
  const tops = root.isParallel ? root.states : [root];
  if (root.isParallel && root.config.on !== undefined) throw new Error(`cannot compile: ${root.id} has "on"`);
  let stride = 1;
  return tops.map((top) => {
    const leaves = leavesOf(top);
    const region = { top, leaves, stride };
    stride *= leaves.length;
    return region;
  });
}

/** The innermost states of a region, the initial one first. */
function leavesOf(top: Node): Node[] {
  const collect = (node: Node): Node[] => {
    if (node.isParallel) throw new Error(`cannot compile ${node.id}: it has regions inside`);
    return node.isAtomic ? [node] : node.states.flatMap(collect);
  };
  const all = collect(top);
  const initial = top.innermost;
  for (const node of initial.lineage) {
    if (node.entry.length > 0 || node.delays.length > 0)
      throw new Error(`cannot compile ${node.id}: it is entered at once`);
  }
  return [initial, ...all.filter((leaf) => leaf !== initial)];
}

export function leafAt({ leaves, stride }: Region, place: number): Node {
  return leaves[Math.floor(place / stride) % leaves.length]!;
}

/** The value of a configuration, as XState writes it. */
export function toValue(regions: readonly Region[], leaves: readonly Node[]): StateValue {
  const nest = (path: readonly string[]): StateValue =>
    path.length === 1 ? path[0]! : { [path[0]!]: nest(path.slice(1)) };
  const isWhole = regions[0]!.top.parent === null;
  if (isWhole) return nest(leaves[0]!.path);
  return Object.fromEntries(leaves.map(({ path }) => [path[0]!, nest(path.slice(1))]));
}
