// placed-chart.ts: the layout of a chart for a component; made between frames, and ahead of its use when there is time.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Chart } from "../../shared/protocol.ts";
import type { Size } from "../model/camera.ts";
import { isLarge, type PlacedChart } from "../model/chart-layout.ts";
import { placedChart, stepsTo } from "../model/chart-ways.ts";

/**
 * null until it is made, and in the first frame: the view opens without its picture, so that no task is long. While it is
 * made for another room, the layout before stays.
 */
export function usePlacedChart(chart: Chart, isBrief: boolean, room: Size): PlacedChart | null {
  const [turn, setTurn] = useState(0);
  const last = useRef<{ chart: Chart; isBrief: boolean; placed: PlacedChart } | null>(null);
  const placed = turn === 0 ? null : placedChart(chart, isBrief, room);
  if (placed !== null) last.current = { chart, isBrief, placed };
  useEffect(() => {
    if (placed !== null) return;
    return inSteps(
      stepsTo(chart, isBrief, room),
      (step) => window.setTimeout(step),
      clearTimeout,
      () => setTurn((before) => before + 1),
    );
  }, [chart, isBrief, room.width, room.height, placed === null]);
  const kept = last.current;
  return kept !== null && kept.chart === chart && kept.isBrief === isBrief ? kept.placed : null;
}

/** How many charts are placed ahead: those of the service, of the supervisor, and some of the user's. */
const mostAhead = 5;

/** Places the charts of a tree while the browser has nothing else to do, so that the first one opens at once. */
export function usePlacedAhead(charts: readonly Chart[], room: Size): void {
  const key = charts.length;
  useEffect(() => {
    if (typeof requestIdleCallback === "undefined") return;
    const steps = charts.slice(0, mostAhead).map((chart) => stepsTo(chart, isLarge(chart), room));
    const all = (function* () {
      for (const each of steps) yield* each;
    })();
    return inSteps(
      all,
      (step) => requestIdleCallback(step),
      cancelIdleCallback,
      () => {},
    );
  }, [key]);
}

/** Takes a step each time that `plan` calls back; returns what stops it. */
function inSteps(
  steps: Generator<void, void>,
  plan: (step: () => void) => number,
  cancel: (id: number) => void,
  onDone: () => void,
): () => void {
  const step = () => {
    if (steps.next().done) onDone();
    else planned = plan(step);
  };
  let planned = plan(step);
  return () => cancel(planned);
}
