// A line of the sequence: a message between two services, or a change of state.

import type { Entry } from "../../shared/protocol.ts";
import { formatTime, nameOf, parentOf } from "../model/format.ts";
import { store } from "../model/store.ts";
import { briefNameOf } from "../model/tones.ts";
import { describeEntry, describeValue, shortType, toneOfEntry } from "../model/wording.ts";
import { Badge } from "./badge.tsx";

export const isNarrow = matchMedia("(max-width: 720px)").matches;
export const timeWidth = isNarrow ? 74 : 98;
/** The place of the lifeline in a column, from the left. */
export function middleOf(column: number, columnWidth: number): number {
  return timeWidth + (column + 0.5) * columnWidth;
}

interface LineProps {
  entry: Entry;
  places: ReadonlyMap<string, number>;
  columnWidth: number;
  isHere: boolean;
  isFuture: boolean;
}

export function SequenceLine({ entry, places, columnWidth, isHere, isFuture }: LineProps) {
  const own = places.get(entry.path);
  const arrow = own === undefined ? null : toArrow(entry, places, own);
  const title = `${entry.path}: ${describeEntry(entry)}`;
  return (
    <button
      type="button"
      class={`sequence-row ${isHere ? "selected" : ""} ${isFuture ? "future" : ""}`}
      title={title}
      tabIndex={-1}
      onClick={() => store.goTo(entry.n)}
    >
      <span class="mono muted time">{formatTime(entry.at + store.history!.wallOffset).slice(isNarrow ? 3 : 0)}</span>
      <span class="sr">{entry.path}</span>
      {own === undefined ? (
        // A service for which there is no column: its line says its name.
        <Chip entry={entry} left={timeWidth + 10} name={nameOf(entry.path)} />
      ) : arrow === null ? (
        <Chip entry={entry} left={middleOf(own, columnWidth)} />
      ) : (
        <Arrow {...arrow} columnWidth={columnWidth} />
      )}
    </button>
  );
}

interface ArrowProps {
  from: number;
  to: number;
  text: string;
  kind: "message" | "own" | "crash";
}

/** null for a change of state. */
function toArrow(entry: Entry, places: ReadonlyMap<string, number>, own: number): ArrowProps | null {
  if (entry.kind === "message") {
    const from = places.get(entry.from);
    // Messages of a supervisor to its own service are the usual case.
    const detail = entry.detail === undefined || entry.detail === "by supervisor" ? "" : ` ${entry.detail}`;
    const text = `${shortType(entry.type)}${detail}`;
    // A message of a service that is not shown comes in from the left.
    if (from === undefined) return { from: 0, to: own, text: `${nameOf(entry.from)}: ${text}`, kind: "message" };
    return { from, to: own, text, kind: from === own ? "own" : "message" };
  }
  const isCrash = entry.kind === "status" && entry.exit === "failed";
  if (!isCrash && entry.kind !== "escalation") return null;
  const parent = parentOf(entry.path);
  const to = parent === null ? 0 : places.get(parent);
  if (to === undefined) return null;
  const message = entry.error?.message ?? "failed";
  return { from: own, to, text: entry.kind === "escalation" ? `gave up: ${message}` : message, kind: "crash" };
}

function Arrow({ from, to, text, kind, columnWidth }: ArrowProps & { columnWidth: number }) {
  if (kind === "own") {
    return (
      <span class="arrow-own" style={{ left: `${middleOf(from, columnWidth)}px` }}>
        <i />
        {text}
      </span>
    );
  }
  const [left, right] = [Math.min(from, to), Math.max(from, to)];
  const width = (right - left) * columnWidth;
  return (
    <span
      class={`arrow-line ${kind} ${from < to ? "right" : "left"}`}
      style={{ left: `${middleOf(left, columnWidth)}px`, width: `${width}px` }}
    >
      {/* A long text goes on to the right: nothing else stands in its line. */}
      <span style={{ minWidth: `${width - 20}px` }}>{text}</span>
    </span>
  );
}

function Chip({ entry, left, name }: { entry: Entry; left: number; name?: string }) {
  const tone = toneOfEntry(entry);
  const text =
    entry.kind === "status"
      ? briefNameOf(entry.to, entry.phase)
      : entry.kind === "step"
        ? describeValue(entry.value)
        : describeEntry(entry);
  return (
    <span class="chip" style={{ left: `${left}px` }}>
      {tone !== null && <Badge tone={tone} />}
      {name !== undefined && <strong class="chip-name">{name}</strong>}
      <span>{text}</span>
    </span>
  );
}
