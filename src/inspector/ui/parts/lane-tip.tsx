// The tip of the timeline: the state below the pointer, since when, and the error of a crash beside it.

import { formatDuration, formatTime, nameOf } from "../model/format.ts";
import type { Lane, Mark, Segment } from "../model/lanes.ts";
import { Badge } from "./badge.tsx";

export interface Hover {
  readonly path: string;
  readonly at: number;
  readonly x: number;
  readonly y: number;
}

export function findIn(lane: Lane | undefined, at: number, near: number) {
  const segments = lane?.segments ?? [];
  const next = segments.findIndex(({ from }) => from > at);
  const index = (next === -1 ? segments.length : next) - 1;
  const mark = (lane?.marks ?? []).reduce<Mark | null>((best, one) => {
    const distance = Math.abs(one.at - at);
    return distance <= near && (best === null || distance < Math.abs(best.at - at)) ? one : best;
  }, null);
  return { segment: segments[index] ?? null, until: segments[index + 1]?.from, mark };
}

interface TipProps {
  hover: Hover;
  segment: Segment | null;
  until: number;
  mark: Mark | null;
  offset: number;
}

export function LaneTip({ hover, segment, until, mark, offset }: TipProps) {
  const left = Math.min(hover.x + 12, innerWidth - 340);
  const isLow = hover.y > innerHeight - 150;
  return (
    <div
      class="tip"
      role="tooltip"
      style={
        isLow
          ? { left: `${left}px`, bottom: `${innerHeight - hover.y + 34}px` }
          : { left: `${left}px`, top: `${hover.y + 4}px` }
      }
    >
      <p>
        <strong>{nameOf(hover.path)}</strong> <span class="muted mono">{formatTime(hover.at + offset)}</span>
      </p>
      {segment?.tone != null && (
        <p class="state">
          <Badge tone={segment.tone} /> {segment.label}{" "}
          <span class="muted">for {formatDuration(until - segment.from)}</span>
        </p>
      )}
      {mark !== null && (
        <p class="tip-error">
          <strong>{mark.kind}</strong> {mark.text}
        </p>
      )}
    </div>
  );
}
