// chart-loops.ts: a transition from a state to itself: a small ear at its corner, with the label above.

import type { Box, Point } from "./geometry.ts";

/** The height of an ear, and the room of an ear with its label. */
export const [earHeight, earRoom] = [12, 30];

/** The ear of a state. `labelWidth`: that of its label. */
export function toEar({ x, y, width, height }: Box, labelWidth: number): { points: Point[]; label: Point } {
  const [right, top] = [x + width / 2, y - height / 2];
  const points = [
    { x: right - 16, y: top },
    { x: right - 16, y: top - earHeight },
    { x: right + earHeight, y: top - earHeight },
    { x: right + earHeight, y: top + earHeight },
    { x: right, y: top + earHeight },
  ];
  return { points, label: { x: right + earHeight - labelWidth / 2, y: top - earHeight - 9 } };
}

interface Line {
  readonly source: string;
  readonly target: string;
  readonly points: Point[];
}

/** Lines to a state with an ear end at the state, not at the room of the ear. */
export function endAtStates(
  lines: readonly Line[],
  boxes: ReadonlyMap<string, Box>,
  looped: ReadonlySet<string>,
  leave: (box: Box, to: Point) => Point,
): void {
  for (const { source, target, points } of lines) {
    if (source === target || points.length === 0) continue;
    const [from, to] = [boxes.get(source), boxes.get(target)];
    if (from !== undefined && looped.has(source)) points[0] = leave(from, points[1] ?? points[0]!);
    if (to !== undefined && looped.has(target)) points[points.length - 1] = leave(to, points.at(-2) ?? points.at(-1)!);
  }
}
