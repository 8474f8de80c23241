// A line of the sequence: a message between two services, or a change of state.

import type { Entry } from "../../shared/protocol.ts";
import { isTurned, placeOf } from "../model/columns.ts";
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
  const room = [timeWidth, timeWidth + places.size * columnWidth] as const;
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
        <Chip entry={entry} x={timeWidth + 10} room={room} name={nameOf(entry.path)} />
      ) : arrow === null ? (
        <Chip entry={entry} x={middleOf(own, columnWidth)} room={room} />
      ) : (
        <Arrow {...arrow} columnWidth={columnWidth} room={room} />
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
    if (from !== undefined) return { from, to: own, text, kind: from === own ? "own" : "message" };
    // The sender has no column: the message comes from the supervisor that it is in, or else from outside.
    const near = placeOf(entry.from, places) ?? 0;
    return { from: near, to: own, text: `${nameOf(entry.from)}: ${text}`, kind: near === own ? "own" : "message" };
  }
  const isCrash = entry.kind === "status" && entry.exit === "failed";
  if (!isCrash && entry.kind !== "escalation") return null;
  const parent = parentOf(entry.path);
  const to = parent === null ? 0 : places.get(parent);
  if (to === undefined) return null;
  const message = entry.error?.message ?? "failed";
  return { from: own, to, text: entry.kind === "escalation" ? `gave up: ${message}` : message, kind: "crash" };
}

/** The lines have this room for texts: from, to, in pixels. */
type Room = readonly [begin: number, end: number];

/** The place of a text at `x` and how wide it may be: to the right of it, or `turned` to the left. */
function besideOf(x: number, isLeft: boolean, [begin]: Room) {
  return isLeft
    ? { right: `calc(100% - ${x}px)`, maxWidth: `${x - begin}px` }
    : { left: `${x}px`, maxWidth: `calc(100% - ${x}px)` };
}

function Arrow({ from, to, text, kind, columnWidth, room }: ArrowProps & { columnWidth: number; room: Room }) {
  if (kind === "own") {
    const x = middleOf(from, columnWidth);
    const isLeft = isTurned(text, x, x, room);
    return (
      <span class={`arrow-own ${isLeft ? "turned" : ""}`} style={besideOf(x, isLeft, room)}>
        <i />
        {text}
      </span>
    );
  }
  const left = middleOf(Math.min(from, to), columnWidth);
  const right = middleOf(Math.max(from, to), columnWidth);
  const width = right - left;
  const isLeft = isTurned(text, left, right, room);
  const most = isLeft ? right - room[0] : room[1] - left;
  return (
    <span
      class={`arrow-line ${kind} ${from < to ? "right" : "left"}`}
      style={{ left: `${left}px`, width: `${width}px` }}
    >
      {/* A long text goes on to the right, or to the left: nothing else stands in its line. */}
      <span class={isLeft ? "turned" : ""} style={{ minWidth: `${width - 20}px`, maxWidth: `${most - 10}px` }}>
        {text}
      </span>
    </span>
  );
}

function Chip({ entry, x, room, name }: { entry: Entry; x: number; room: Room; name?: string }) {
  const tone = toneOfEntry(entry);
  const text =
    entry.kind === "status"
      ? briefNameOf(entry.to, entry.phase)
      : entry.kind === "step"
        ? describeValue(entry.value)
        : describeEntry(entry);
  const isLeft = name === undefined && isTurned(text, x, x, room);
  return (
    <span class={`chip ${isLeft ? "turned" : ""}`} style={besideOf(x, isLeft, room)}>
      {tone !== null && <Badge tone={tone} />}
      {name !== undefined && <strong class="chip-name">{name}</strong>}
      <span>{text}</span>
    </span>
  );
}
