// chart-labels.ts: the places of the labels of a statechart. A label that has grown since the chart was placed moves along its
// line to where it covers neither a state nor another label; one that nothing depends on now gives way. Pure.

import type { Size } from "./camera.ts";
import { labelSize, lineHeight, type PlacedEdge, type PlacedNode } from "./chart-layout.ts";
import type { Point } from "./geometry.ts";

export interface Label {
  readonly placed: PlacedEdge;
  readonly kind: "plain" | "leaving" | "taken";
  readonly lines: readonly string[];
}

/** `x`, `y`: the upper left corner. */
export interface Area extends Point, Size {}

/** The height of the title of a state that has states inside, and about the width of its letters. */
const [titleHeight, letterWidth] = [26, 8];
/** How far a label stays from the edges of the picture, the farthest that the view goes; and from other labels. */
const margin = 4;
/** Where on its line a label may stand, beside the place that was kept for it. */
const shares = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8];

/** The places in the order of the labels; null for a label that has no room. */
export function placeLabels(
  labels: readonly Label[],
  nodes: readonly PlacedNode[],
  picture: Size,
): readonly (Area | null)[] {
  const states = nodes.map(toObstacle);
  const rests = labels.map((label) => into(areaAt(label, label.placed.label), picture));
  const found: (Area | null)[] = labels.map(() => null);
  const order = labels
    .map((_, index) => index)
    .sort((a, b) => rankOf(labels[a]!, rests[a]!) - rankOf(labels[b]!, rests[b]!));
  const way = labels.filter(({ kind }) => kind === "taken").flatMap((label) => alongLine(label));
  const taken: Area[] = [];
  for (const index of order) {
    const label = labels[index]!;
    const rest = rests[index]!;
    const isFree = (area: Area) => !taken.some((other) => overlap(grow(area), other) > 0);
    let place: Area | null = rest;
    if (label.kind === "plain") {
      if (!isFree(rest)) {
        const isClear = (area: Area) => isFree(area) && !states.some((one) => overlap(area, one.solid) > 0);
        place =
          alongLine(label)
            .map((point) => into(areaAt(label, point), picture))
            .find(isClear) ?? null;
      }
    } else if (label.kind === "leaving") {
      const waiting = rests.filter((_, other) => found[other] === null && other !== index);
      place = leastOf(candidatesFor(label, picture), (area) => costOf(area, label, { states, taken, waiting, way }));
    }
    found[index] = place;
    if (place !== null) taken.push(place);
  }
  return found;
}

/** The label of what has just happened stands first; then what may happen next, the largest first. */
function rankOf({ kind }: Label, { width, height }: Area): number {
  return kind === "taken" ? 0 : kind === "leaving" ? 1 + 1 / (width * height) : 3;
}

interface Obstacle {
  /** What must stay readable: the state, or its title. */
  readonly solid: Area;
  readonly whole: Area;
  readonly id: string;
}

function toObstacle({ node, lines, x, y, width, height }: PlacedNode): Obstacle {
  const whole = { x: x - width / 2, y: y - height / 2, width, height };
  if (node.children.length === 0) return { id: node.id, whole, solid: whole };
  const letters = Math.max(node.name.length, ...lines.map((line) => line.length));
  const head = { width: Math.min(width, letters * letterWidth + 24), height: titleHeight + lines.length * lineHeight };
  return { id: node.id, whole, solid: { ...whole, ...head } };
}

interface Around {
  readonly states: readonly Obstacle[];
  readonly taken: readonly Area[];
  /** The places of labels that are not placed yet. */
  readonly waiting: readonly Area[];
  /** Points of the lines just taken. */
  readonly way: readonly Point[];
}

function costOf(area: Area, { placed }: Label, { states, taken, waiting, way }: Around): number {
  let cost = 2 * Math.hypot(area.x + area.width / 2 - placed.label.x, area.y + area.height / 2 - placed.label.y);
  for (const { id, solid, whole } of states) {
    cost += 12 * overlap(area, solid);
    const isInside = placed.edge.level === id || placed.edge.level.startsWith(`${id}.`);
    if (!isInside) cost += 0.1 * overlap(area, whole);
  }
  for (const other of taken) cost += 12 * overlap(grow(area), other);
  for (const other of waiting) cost += overlap(area, other);
  for (const point of way) if (holds(area, point)) cost += 400;
  return cost;
}

/** How far from its line a label may stand that has no room on it. */
const distances = [14, 30, 46, 70, 110];

/** The label centred on its line, with an edge of it on the line, or beside the line. */
function candidatesFor(label: Label, picture: Size): Area[] {
  return [label.placed.label, ...alongLine(label)].flatMap((point) => {
    const area = areaAt(label, point);
    const [across, down] = [area.width / 2 - 12, area.height / 2 - 9];
    return [
      area,
      { ...area, y: area.y + down },
      { ...area, y: area.y - down },
      { ...area, x: area.x + across },
      { ...area, x: area.x - across },
      { ...area, x: area.x + across, y: area.y + down },
      { ...area, x: area.x - across, y: area.y + down },
      { ...area, x: area.x + across, y: area.y - down },
      { ...area, x: area.x - across, y: area.y - down },
      ...distances.flatMap((far) => [
        { ...area, y: area.y + area.height / 2 + far },
        { ...area, y: area.y - area.height / 2 - far },
        { ...area, x: area.x + area.width / 2 + far },
        { ...area, x: area.x - area.width / 2 - far },
      ]),
    ].map((one) => into(one, picture));
  });
}

function areaAt({ lines }: Label, { x, y }: Point): Area {
  const [width, height] = labelSize(lines);
  return { x: x - width / 2, y: y - height / 2, width, height };
}

function alongLine({ placed: { points } }: Label): Point[] {
  const lengths = points
    .slice(1)
    .map((point, index) => Math.hypot(point.x - points[index]!.x, point.y - points[index]!.y));
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  return shares.map((share) => {
    let left = share * whole;
    for (const [index, length] of lengths.entries()) {
      if (left <= length) {
        const [a, b] = [points[index]!, points[index + 1]!];
        const part = length === 0 ? 0 : left / length;
        return { x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part };
      }
      left -= length;
    }
    return points.at(-1)!;
  });
}

function into(area: Area, picture: Size): Area {
  const within = (at: number, size: number, room: number) => Math.max(margin, Math.min(at, room - size - margin));
  return { ...area, x: within(area.x, area.width, picture.width), y: within(area.y, area.height, picture.height) };
}

function grow({ x, y, width, height }: Area): Area {
  return { x: x - margin / 2, y: y - margin / 2, width: width + margin, height: height + margin };
}

function holds({ x, y, width, height }: Area, point: Point): boolean {
  return point.x > x && point.x < x + width && point.y > y && point.y < y + height;
}

/** The size of what two areas have in common. */
function overlap(a: Area, b: Area): number {
  const wide = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const tall = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return wide > 0 && tall > 0 ? wide * tall : 0;
}

function leastOf(areas: readonly Area[], cost: (area: Area) => number): Area {
  let [best, least] = [areas[0]!, Number.POSITIVE_INFINITY];
  for (const area of areas) {
    const one = cost(area);
    if (one < least) [best, least] = [area, one];
  }
  return best;
}
