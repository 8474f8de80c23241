// node-keys.ts: the arrow keys go from node to node of a picture, to the nearest in their direction.

import type { Point } from "../model/geometry.ts";

const directions: Readonly<Record<string, readonly [dx: number, dy: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Moves the focus, or clicks the node on Enter. Returns the place of the node that has the focus now, or null. */
export function goToNode(event: KeyboardEvent): Point | null {
  const node = (event.target as Element).closest<SVGGElement>("[data-node]");
  if (node === null) return null;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    event.stopPropagation();
    node.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    return null;
  }
  const direction = directions[event.key];
  if (direction === undefined) return null;
  event.preventDefault();
  event.stopPropagation();
  const from = placeOf(node);
  const all = [...node.ownerSVGElement!.querySelectorAll<SVGGElement>("[data-node]")];
  const [next] = all
    .filter((one) => one !== node)
    .map((one) => ({ one, far: farness(from, placeOf(one), direction) }))
    .filter(({ far }) => far < Number.POSITIVE_INFINITY)
    .sort((a, b) => a.far - b.far);
  next?.one.focus();
  return next === undefined ? null : placeOf(next.one);
}

/** The place that a node states in its attribute `data-node`: "x y", in the picture. */
function placeOf(node: Element): Point {
  const [x = 0, y = 0] = node.getAttribute("data-node")!.split(" ").map(Number);
  return { x, y };
}

/** Less is nearer; what lies to the side counts three times. Infinity for what lies the other way. */
function farness(from: Point, to: Point, [dx, dy]: readonly [number, number]): number {
  const [x, y] = [to.x - from.x, to.y - from.y];
  const along = x * dx + y * dy;
  const across = Math.abs(x * dy) + Math.abs(y * dx);
  return along <= 4 ? Number.POSITIVE_INFINITY : along + 3 * across;
}
