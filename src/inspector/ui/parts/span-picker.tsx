// The choice of how much time the timeline shows, and the legend of its marks.

import { formatMs } from "../model/format.ts";

const spans = [10_000, 60_000, 300_000] as const;

interface SpanPickerProps {
  /** null: all of the history. */
  readonly span: number | null;
  /** What is shown now, in milliseconds. */
  readonly shown: number;
  readonly onPick: (span: number | null) => void;
}

export function SpanPicker({ span, shown, onPick }: SpanPickerProps) {
  return (
    <div class="toolbar">
      <div class="group" role="group" aria-label="How much time is shown">
        {[...spans, null].map((one) => (
          <button key={one} type="button" aria-pressed={span === one} onClick={() => onPick(one)}>
            {one === null ? "All" : formatMs(one)}
          </button>
        ))}
      </div>
      <span class="muted wide-only">{formatMs(shown)} shown; + − zoom, Shift and wheel move</span>
      <span class="space" />
      <Legend />
    </div>
  );
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
