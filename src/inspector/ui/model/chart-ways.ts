// chart-ways.ts: chooses how a chart is placed: of all ways, the one that is largest in its room. Placing takes up to a tenth
// of a second, so that it is done in steps, between which the page can draw.

import type { Chart, ChartNode } from "../../shared/protocol.ts";
import type { Size } from "./camera.ts";
import { keyOf, layOut, layOutParts, type PlacedChart, type Way } from "./chart-layout.ts";

/** Kept: thousands of services have the same chart. */
const known = new WeakMap<Chart, Map<string, PlacedChart>>();

/** The best of the ways; null while the steps to it have not been taken. */
export function placedChart(chart: Chart, isBrief: boolean, room: Size): PlacedChart | null {
  let best: PlacedChart | null = null;
  for (const way of waysOf(chart, isBrief)) {
    const one = known.get(chart)?.get(keyOf(way));
    if (one === undefined) return null;
    if (best === null || scaleOf(one, room) > scaleOf(best, room) * 1.02) best = one;
    if (isReadable(best, room)) return best;
  }
  return best;
}

/** Places the chart in one way after the other, a level in each step. */
export function* stepsTo(chart: Chart, isBrief: boolean, room: Size): Generator<void, void> {
  for (const way of waysOf(chart, isBrief)) {
    if (known.get(chart)?.has(keyOf(way))) continue;
    yield* layOutParts(chart, way);
    known.set(chart, (known.get(chart) ?? new Map<string, PlacedChart>()).set(keyOf(way), layOut(chart, way)));
    if (placedChart(chart, isBrief, room) !== null) return;
    yield;
  }
}

function waysOf({ root }: Chart, isBrief: boolean): Way[] {
  return (hasRegions(root) ? [false, true] : [false]).flatMap((isTall) =>
    [false, true].map((isWide) => ({ isBrief, isTall, isWide })),
  );
}

function hasRegions({ type, children }: ChartNode): boolean {
  return type === "parallel" || children.some(hasRegions);
}

function scaleOf({ width, height }: PlacedChart, room: Size): number {
  return Math.min(room.width / width, room.height / height);
}

/** What can be read as a whole is good enough. */
function isReadable(placed: PlacedChart, room: Size): boolean {
  return scaleOf(placed, room) >= 1;
}
