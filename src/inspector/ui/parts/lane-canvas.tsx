// A lane of the timeline: the states of a service over time, with its crashes.

import { useLayoutEffect, useRef } from "preact/hooks";
import { type Lane, markPlace } from "../model/lanes.ts";
import { palette } from "../model/palette.ts";
import { looks } from "../model/tones.ts";
import { inTurn } from "../model/turns.ts";

interface Props {
  lane: Lane | undefined;
  from: number;
  to: number;
  /** The clock of the tree: nothing is drawn after it. */
  now: number;
  /** The moment that the page shows; null is now. */
  cursor: number | null;
  width: number;
  height: number;
  isBare?: boolean;
}

export function LaneCanvas(props: Props) {
  const ref = useRef<HTMLCanvasElement>(null);
  const isMade = useRef(false);
  useLayoutEffect(() => {
    if (isMade.current) return draw(ref.current!, props);
    // The browser makes the memory of a canvas when it is drawn for the first time.
    return inTurn(() => {
      isMade.current = true;
      draw(ref.current!, props);
    });
  });
  return <canvas ref={ref} />;
}

function draw(canvas: HTMLCanvasElement, { lane, from, to, now, cursor, width, height, isBare = false }: Props): void {
  const ratio = devicePixelRatio;
  const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const { tones, ink, accent, failed, muted, panel } = palette();
  const scale = width / (to - from);
  const [top, tall] = isBare ? [2, height - 4] : [8, height - 12];
  const segments = lane?.segments ?? [];
  for (let i = firstSeen(segments, from); i < segments.length; i++) {
    const { from: begin, tone } = segments[i]!;
    if (begin > to) break;
    if (tone === null) continue;
    const end = Math.min(segments[i + 1]?.from ?? now, now, to);
    const x = Math.max(0, (begin - from) * scale);
    const wide = Math.max(1, (end - from) * scale - x);
    context.fillStyle = tones[tone];
    const isQuiet = tone === "stopped" || tone === "completed";
    // A service that is off is drawn thin, so that the eye finds what runs and what has failed.
    if (isQuiet) context.fillRect(x, top + tall / 2 - 2, wide, 4);
    else context.fillRect(x, top, wide, tall);
    if (tone === "backoff" && wide > 3) hatch(context, x, top, wide, tall, ink);
    if (wide > 14 && !isBare && !isQuiet) {
      context.fillStyle = ink;
      context.font = "700 10px ui-monospace, monospace";
      context.fillText(looks[tone].letter, x + 4, top + tall / 2 + 3.5);
    }
  }
  if (!isBare) {
    // What it wrote: ticks at the lower edge.
    for (const { at, isBad } of lane?.output ?? []) {
      if (at < from || at > to) continue;
      context.fillStyle = isBad ? failed : muted;
      context.fillRect((at - from) * scale - 0.75, height - 4, 1.5, 4);
    }
  }
  for (const { at, kind } of lane?.marks ?? []) {
    if (at < from || at > to) continue;
    const x = markPlace((at - from) * scale, width, isBare);
    context.fillStyle = failed;
    context.strokeStyle = panel;
    context.lineWidth = 1;
    if (isBare) context.fillRect(x - 1, 0, 2, height);
    else if (kind === "escalation") triangle(context, x, 8, 6);
    else cross(context, x, 4, failed);
  }
  if (cursor !== null && cursor >= from && cursor <= to) {
    context.fillStyle = accent;
    context.fillRect((cursor - from) * scale - 0.75, 0, 1.5, height);
  }
}

function firstSeen(segments: Lane["segments"], from: number): number {
  let [low, high] = [0, segments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (segments[middle]!.from <= from) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

function hatch(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  width: number,
  height: number,
  ink: string,
): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.globalAlpha = 0.25;
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.beginPath();
  for (let at = x - (x % 6) - height; at < x + width; at += 6) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.stroke();
  context.restore();
}

function triangle(context: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  context.beginPath();
  context.moveTo(x, y - size - 1);
  context.lineTo(x + size, y + 3);
  context.lineTo(x - size, y + 3);
  context.closePath();
  context.fill();
  context.stroke();
}

function cross(context: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x - 3, y - 3);
  context.lineTo(x + 3, y + 3);
  context.moveTo(x + 3, y - 3);
  context.lineTo(x - 3, y + 3);
  context.stroke();
}
