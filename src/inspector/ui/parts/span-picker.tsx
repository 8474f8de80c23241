// The choice of how much time the timeline shows, and the legend of its marks.

import { formatMs } from "../model/format.ts";

const spans = [10_000, 60_000, 300_000] as const;

interface SpanPickerProps {
  /** null: all of the history. */
  readonly span: number | null;
  /** What is shown now, in milliseconds. */
  readonly shown: number;
  /** Only lanes in which something happened are shown. */
  readonly isBusyOnly: boolean;
  readonly onPick: (span: number | null) => void;
  readonly onBusyOnly: (isBusyOnly: boolean) => void;
}

export function SpanPicker({ span, shown, isBusyOnly, onPick, onBusyOnly }: SpanPickerProps) {
  // All of a history that is shorter than the chosen span is shown.
  const pressed = span !== null && shown < span * 0.99 && !isZoomed(span) ? null : span;
  return (
    <div class="toolbar">
      <div class="group" role="group" aria-label="How much time is shown">
        {[...spans, null].map((one) => (
          <button key={one} type="button" aria-pressed={pressed === one} onClick={() => onPick(one)}>
            {one === null ? "All" : formatMs(one)}
          </button>
        ))}
      </div>
      <button type="button" aria-pressed={isBusyOnly} onClick={() => onBusyOnly(!isBusyOnly)}>
        Only what happened
      </button>
      <span class="muted wide-only roomy">{formatMs(shown)} shown; drag to choose a range</span>
      <span class="space" />
      <Legend />
    </div>
  );
}

/** A span that no button has was set by zooming. */
function isZoomed(span: number): boolean {
  return !spans.some((one) => one === span);
}

function Legend() {
  return (
    <span class="marks wide-only muted">
      <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
        <path d="M1.500 1.500 8.500 8.500M8.500 1.500 1.500 8.500" stroke="var(--failed)" stroke-width="2" />
      </svg>
      crash
      <svg width="12" height="10" viewBox="0 0 12 10" aria-hidden="true">
        <path d="M6 0 12 10H0z" fill="var(--failed)" />
      </svg>
      escalation
    </span>
  );
}
