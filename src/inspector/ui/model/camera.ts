// camera.ts: which part of a picture is seen, and how large. Pure.

import type { Point } from "./geometry.ts";

/** The place of the picture's origin in the view, and its scale. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Rect extends Size {
  /** The upper left corner. */
  readonly x: number;
  readonly y: number;
}

const [least, most] = [0.02, 4];
/** The space around a picture that fits, and around a point that is brought into view, in pixels. */
const [margin, near] = [14, 70];
/** No picture is opened larger than this. */
const largest = 1.25;

/** All of the picture, however small that makes it. */
export function fitTo(picture: Size, view: Size): Camera {
  if (view.width === 0 || picture.width === 0) return { x: 0, y: 0, zoom: 1 };
  const zoom = Math.min(
    largest,
    Math.max(least, Math.min((view.width - 2 * margin) / picture.width, (view.height - 2 * margin) / picture.height)),
  );
  return centre({ x: picture.width / 2, y: picture.height / 2 }, zoom, view);
}

/**
 * How a picture is opened: as large as fits, but never so small that its text cannot be read. What does not fit then is
 * centred on `focus`, with no more empty room than needed.
 */
export function open(picture: Size, view: Size, focus: Point | null): Camera {
  const fitted = fitTo(picture, view);
  if (fitted.zoom >= 1 || view.width === 0) return fitted;
  const { x, y } = centre(focus ?? { x: 0, y: 0 }, 1, view);
  return { x: within(x, view.width, picture.width), y: within(y, view.height, picture.height), zoom: 1 };
}

/** Keeps the edges of a picture that is larger than the view outside of it; a smaller one stands in the middle. */
function within(at: number, view: number, picture: number): number {
  if (picture + 2 * margin <= view) return (view - picture) / 2;
  return Math.min(margin, Math.max(view - picture - margin, at));
}

function centre({ x, y }: Point, zoom: number, view: Size): Camera {
  return { x: view.width / 2 - x * zoom, y: view.height / 2 - y * zoom, zoom };
}

/** `at`: the point of the view that stays where it is. */
export function zoomAt({ x, y, zoom }: Camera, factor: number, at: Point): Camera {
  const to = Math.min(most, Math.max(least, zoom * factor));
  const scale = to / zoom;
  return { zoom: to, x: at.x - (at.x - x) * scale, y: at.y - (at.y - y) * scale };
}

export function move({ x, y, zoom }: Camera, dx: number, dy: number): Camera {
  return { x: x + dx, y: y + dy, zoom };
}

/** Two fingers: the picture follows their middle, and grows with their distance. */
export function pinch(camera: Camera, from: readonly [Point, Point], to: readonly [Point, Point]): Camera {
  const [a, b] = [middleOf(from), middleOf(to)];
  const factor = distanceOf(to) / Math.max(1, distanceOf(from));
  return zoomAt(move(camera, b.x - a.x, b.y - a.y), factor, b);
}

function middleOf([a, b]: readonly [Point, Point]): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function distanceOf([a, b]: readonly [Point, Point]): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** Moves as little as brings a point of the picture into view. */
export function reveal(camera: Camera, { x, y }: Point, view: Size): Camera {
  const [left, top] = [camera.x + x * camera.zoom, camera.y + y * camera.zoom];
  const by = (at: number, size: number) => (at < near ? near - at : at > size - near ? size - near - at : 0);
  const [dx, dy] = [by(left, view.width), by(top, view.height)];
  return dx === 0 && dy === 0 ? camera : move(camera, dx, dy);
}

/** The part of the picture that is in view. */
export function seen({ x, y, zoom }: Camera, view: Size): Rect {
  return { x: -x / zoom, y: -y / zoom, width: view.width / zoom, height: view.height / zoom };
}

/** Something that is drawn in a picture; `isLoud`: it matters now. */
export interface Mark extends Rect {
  readonly isLoud: boolean;
}

/**
 * The lower corner of the view in which a map covers less; loud marks count most. It stays in `last` unless the other corner
 * is better.
 */
export function sideFor(map: Size, marks: readonly Mark[], camera: Camera, view: Size, last: Side): Side {
  const costOf = (side: Side) => {
    const corner = { ...map, x: side === "left" ? 0 : view.width - map.width, y: view.height - map.height };
    return marks.reduce((sum, mark) => sum + sharedArea(corner, mark, camera) * (mark.isLoud ? loudness : 1), 0);
  };
  const other = last === "left" ? "right" : "left";
  return costOf(other) < costOf(last) ? other : last;
}

export type Side = "left" | "right";

/** How much more it costs to cover what matters now. */
const loudness = 10;

/** How much of a corner of the view is covered by a mark of the picture. */
function sharedArea(corner: Rect, mark: Rect, { x, y, zoom }: Camera): number {
  const overlap = (from: number, size: number, at: number, length: number) =>
    Math.max(0, Math.min(from + size, at + length) - Math.max(from, at));
  return (
    overlap(corner.x, corner.width, x + mark.x * zoom, mark.width * zoom) *
    overlap(corner.y, corner.height, y + mark.y * zoom, mark.height * zoom)
  );
}
