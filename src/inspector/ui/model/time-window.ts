// time-window.ts: the span of time that the timeline shows, and how zooming and moving change it.

/** What the user has chosen. */
export interface WindowChoice {
  /** Milliseconds; null: all of the history. */
  readonly span: number | null;
  /** The right edge; null: it follows what comes. */
  readonly end: number | null;
}

export interface TimeWindow {
  readonly from: number;
  readonly to: number;
  readonly span: number;
}

/** The history of the tree, and the moment that the page shows (null: now). */
export interface Extent {
  readonly begin: number;
  readonly now: number;
  readonly cursor: number | null;
}

export const followLastMinute: WindowChoice = { span: 60_000, end: null };

export function toWindow({ span, end }: WindowChoice, { begin, now, cursor }: Extent): TimeWindow {
  const all = Math.max(5_000, now - begin);
  const shown = Math.min(span ?? all, all);
  // A window that follows makes way for the moment that the page shows.
  const isCursorBefore = cursor !== null && end === null && cursor < now - shown;
  const to = end ?? (isCursorBefore ? Math.min(now, cursor + shown * 0.25) : now);
  return { from: to - shown, to, span: shown };
}

/** `around`: the point that stays where it is, from 0 (left) to 1 (right). */
export function zoom({ from, span }: TimeWindow, { begin, now }: Extent, factor: number, around = 1): WindowChoice {
  const next = Math.min(Math.max(500, now - begin), Math.max(200, span * factor));
  const end = from + span * around + next * (1 - around);
  return { span: next, end: end >= now - next * 0.02 ? null : end };
}

export function pan({ to, span }: TimeWindow, { begin, now }: Extent, ms: number): number | null {
  const end = Math.max(begin + span, to + ms);
  return end >= now ? null : end;
}
