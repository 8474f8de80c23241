// lanes.ts: the states of each service over time, and its crashes, for the timeline. Built fact by fact.

import type { Entry, OutputLine, Row } from "../../shared/protocol.ts";
import { nameOfState, type Tone, toneOf } from "./tones.ts";

export interface Segment {
  readonly from: number;
  readonly n: number;
  /** null: it is no longer part of the tree. */
  readonly tone: Tone | null;
  readonly label: string;
}

export interface Mark {
  readonly at: number;
  readonly n: number;
  readonly kind: "crash" | "escalation" | "unstopped" | "stray";
  readonly text: string;
}

export interface Lane {
  segments: Segment[];
  marks: Mark[];
  /** When it wrote something; whether that went to stderr, or was a warning or an error. */
  output: { readonly at: number; readonly isBad: boolean }[];
}

export class Lanes {
  readonly lanes = new Map<string, Lane>();

  begin(rows: Iterable<Row>, n: number): void {
    this.lanes.clear();
    for (const row of rows) {
      this.lanes.set(row.path, {
        segments: [{ from: row.since, n, tone: toneOf(row), label: labelOf(row) }],
        marks: [],
        output: [],
      });
    }
  }

  add(entry: Entry, row: Row | undefined): void {
    const { at, n, path } = entry;
    if ((entry.kind === "status" || entry.kind === "health") && row !== undefined) {
      const lane = this.#laneOf(path);
      const tone = toneOf(row);
      const label = labelOf(row);
      const last = lane.segments[lane.segments.length - 1];
      if (last?.tone !== tone || last.label !== label) lane.segments.push({ from: at, n, tone, label });
    }
    if (entry.kind === "removed") this.#laneOf(path).segments.push({ from: at, n, tone: null, label: "removed" });
    if (entry.kind === "output") this.#laneOf(path).output.push({ at, isBad: entry.lines.some(isBadLine) });
    const mark = toMark(entry);
    if (mark !== null) this.#laneOf(path).marks.push({ at, n, ...mark });
  }

  /** Forgets what ended before a moment. */
  trim(before: number): void {
    for (const lane of this.lanes.values()) {
      const first = lane.segments.findIndex(
        (_, i) => (lane.segments[i + 1]?.from ?? Number.POSITIVE_INFINITY) > before,
      );
      if (first > 0) lane.segments.splice(0, first);
      const firstOutput = lane.output.findIndex(({ at }) => at >= before);
      lane.output.splice(0, firstOutput === -1 ? lane.output.length : firstOutput);
      const firstMark = lane.marks.findIndex(({ at }) => at >= before);
      lane.marks.splice(0, firstMark === -1 ? lane.marks.length : firstMark);
    }
  }

  /** Since when a service is not well: when it last ended to run well, as far as the page knows. */
  downSince(path: string, at: number): number | null {
    const segments = this.lanes.get(path)?.segments ?? [];
    let begin: number | null = null;
    for (let i = segments.length - 1; i >= 0; i--) {
      const { from, tone } = segments[i]!;
      if (from > at) continue;
      if (tone === "running" || tone === "completed" || tone === null) break;
      begin = from;
    }
    return begin;
  }

  #laneOf(path: string): Lane {
    const lane = this.lanes.get(path) ?? { segments: [], marks: [], output: [] };
    this.lanes.set(path, lane);
    return lane;
  }
}

export function isBadLine({ stream, level }: OutputLine): boolean {
  return stream === "stderr" || level === "warn" || level === "error";
}

function labelOf(row: Row): string {
  const { state, phase } = row;
  const tone = toneOf(row);
  if (tone === "completed" || tone === "degraded") return tone;
  return nameOfState(state, phase);
}

function toMark(entry: Entry): { kind: Mark["kind"]; text: string } | null {
  switch (entry.kind) {
    case "status":
      return entry.exit === "failed" && entry.cause !== "supervisor"
        ? { kind: "crash", text: entry.error?.message ?? "failed" }
        : null;
    case "escalation":
      return { kind: "escalation", text: entry.error.message };
    case "unstopped":
      return { kind: "unstopped", text: `still running after ${Math.round(entry.waitedMs)} ms` };
    case "stray-error":
      return { kind: "stray", text: entry.error.message };
    default:
      return null;
  }
}

/** A mark at an edge is moved inside, so that it is seen whole. */
export function markPlace(x: number, width: number, isBare: boolean): number {
  const half = isBare ? 1 : 7;
  return Math.min(Math.max(x, half), Math.max(half, width - half));
}
