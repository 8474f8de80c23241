// The ruler of the timeline, with round times of the wall clock. A click or a drag goes to a moment.

import { useRef } from "preact/hooks";
import { formatTime } from "../model/format.ts";
import { store } from "../model/store.ts";

interface RulerProps {
  from: number;
  to: number;
  cursor: number | null;
  left: number;
  width: number;
  onPick: (at: number) => void;
}

export function Ruler({ from, to, cursor, left, width, onPick }: RulerProps) {
  const isDown = useRef(false);
  const offset = store.history!.wallOffset;
  const step = stepFor((to - from) / Math.max(2, Math.floor(width / 110)));
  // Round times of the wall clock.
  const first = Math.ceil((from + offset) / step) * step - offset;
  const ticks: number[] = [];
  for (let at = first; at <= to; at += step) ticks.push(at);
  const pick = (event: PointerEvent, element: HTMLElement) => {
    const x = event.clientX - element.getBoundingClientRect().left;
    onPick(from + (x / width) * (to - from));
  };
  return (
    <div
      class="ruler"
      role="presentation"
      style={{ marginLeft: `${left}px`, width: `${width}px` }}
      title="Click or drag: go to this moment"
      onPointerDown={(event) => {
        isDown.current = true;
        event.currentTarget.setPointerCapture(event.pointerId);
        pick(event, event.currentTarget);
      }}
      onPointerMove={(event) => {
        if (isDown.current) pick(event, event.currentTarget);
      }}
      onPointerUp={() => {
        isDown.current = false;
      }}
    >
      {ticks.map((at) => {
        const x = ((at - from) / (to - from)) * width;
        const time = formatTime(at + offset);
        return (
          <span key={Math.round(at)} style={{ left: `${x}px` }}>
            {x + labelWidth > width ? "" : step >= 1_000 ? time.slice(0, 8) : time.slice(3)}
          </span>
        );
      })}
      {cursor !== null && cursor >= from && cursor <= to && (
        <i style={{ left: `${((cursor - from) / (to - from)) * width}px` }} />
      )}
    </div>
  );
}

/** The room that a time needs, in pixels: one that has less at the end is left out, not cut. */
const labelWidth = 70;

const steps = [
  50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000,
  3_600_000, 7_200_000, 21_600_000, 86_400_000,
];

function stepFor(ms: number): number {
  return steps.find((step) => step >= ms) ?? steps.at(-1)!;
}
