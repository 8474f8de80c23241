// Points, boxes, and lines between them.

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** By its middle, as dagre has it. */
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

function isInside({ x, y }: Point, box: Box): boolean {
  return Math.abs(x - box.x) <= box.width / 2 && Math.abs(y - box.y) <= box.height / 2;
}

/** The line without its beginning inside a box. */
export function cutAtBorder(points: readonly Point[], box: Box): readonly Point[] {
  const first = points.findIndex((point) => !isInside(point, box));
  if (first <= 0) return points;
  return [crossing(points[first - 1]!, points[first]!, box), ...points.slice(first)];
}

/** Where the way from inside to outside passes the border. */
function crossing(inside: Point, outside: Point, box: Box): Point {
  let [low, high] = [0, 1];
  const at = (t: number): Point => ({
    x: inside.x + (outside.x - inside.x) * t,
    y: inside.y + (outside.y - inside.y) * t,
  });
  for (let i = 0; i < 20; i++) {
    const middle = (low + high) / 2;
    if (isInside(at(middle), box)) low = middle;
    else high = middle;
  }
  return at(high);
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
