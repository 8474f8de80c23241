// geometry.ts: points, boxes, and lines between them.

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A box by its middle, as dagre has it. */
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** Where the straight line from the middle of a box to a point leaves the box. */
export function leaveBox(box: Box, to: Point): Point {
  const [dx, dy] = [to.x - box.x, to.y - box.y];
  const scale = Math.min(
    dx === 0 ? Number.POSITIVE_INFINITY : box.width / 2 / Math.abs(dx),
    dy === 0 ? Number.POSITIVE_INFINITY : box.height / 2 / Math.abs(dy),
    1,
  );
  return { x: box.x + dx * scale, y: box.y + dy * scale };
}

/** A smooth path through points: straight to the middle of each stretch, rounded at each bend. */
export function toPath(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  const text = [`M${round(first)}`];
  for (const [i, point] of rest.entries()) {
    const next = rest[i + 1];
    if (next === undefined) text.push(`L${round(point)}`);
    else text.push(`Q${round(point)} ${round({ x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 })}`);
  }
  return text.join("");
}

function round({ x, y }: Point): string {
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}
