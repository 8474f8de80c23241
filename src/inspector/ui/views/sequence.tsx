// The sequence: the messages between services in order, and the changes of state after them. A click on a line goes there.

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Moment } from "../../shared/history.ts";
import type { Entry } from "../../shared/protocol.ts";
import { columnsAround, columnsOf, mostColumns } from "../model/columns.ts";
import { Filtered, indexAt } from "../model/filtered.ts";
import { nameOf } from "../model/format.ts";
import { useKept, useKeptSet } from "../model/kept.ts";
import { store, useStore } from "../model/store.ts";
import { looks, toneOf } from "../model/tones.ts";
import { fitsQuery, type Kind, kindsOf } from "../model/wording.ts";
import { Badge } from "../parts/badge.tsx";
import { Kinds } from "../parts/kinds.tsx";
import { NothingFound } from "../parts/nothing-found.tsx";
import { Picker } from "../parts/picker.tsx";
import { isNarrow, middleOf, SequenceLine, timeWidth } from "../parts/sequence-line.tsx";
import { VirtualList } from "../parts/virtual-list.tsx";

/** The narrowest and the widest column. */
const [narrowest, widest] = [isNarrow ? 64 : 72, 200];
/** In narrower columns the name of a service stands below its sign. */
const leastForOneLine = 130;

export function SequenceView() {
  const { history, tree, choice } = useStore();
  const [shown, setShown] = useKeptSet<Kind>("sequence-kinds", ["states", "errors", "messages"]);
  const [isAll, setAll] = useKept("sequence-all", tree!.nodes.size <= mostColumns && !isNarrow);
  const filtered = useRef(new Filtered());
  const before = useRef<readonly string[]>([]);
  const ref = useRef<HTMLDivElement>(null);
  // It is as wide as the view: to learn that later would draw every line twice.
  const [room, setRoom] = useState(() => document.getElementById("view")?.clientWidth ?? 900);
  const [range, setRange] = useState<readonly [number, number]>([0, 0]);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setRoom(entry!.contentRect.width));
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, []);
  const moment = history!.at(choice.cursor);
  const around = useMemo(() => columnsAround(choice.selected!, tree!), [choice.selected, tree]);
  const members = useMemo(() => new Set(around), [around]);
  const entries = filtered.current.update(
    history!,
    [history, shown, isAll ? "all" : around.join(" "), choice.query],
    (entry) =>
      (isAll || members.has(entry.path)) &&
      kindsOf(entry).some((kind) => shown.has(kind)) &&
      fitsQuery(entry, choice.query),
  );
  const most = Math.max(3, Math.min(mostColumns, Math.floor((room - timeWidth) / narrowest) - 1));
  const isCut = isAll || around.length > most;
  const among = isAll ? null : [choice.selected!, ...around];
  const columns = isCut ? columnsOf(entries.slice(...range), before.current, tree!, { most, among }) : around;
  before.current = columns;
  const places = new Map(["", ...columns].map((path, index) => [path, index]));
  const place = choice.cursor === null ? null : indexAt(entries, choice.cursor);
  const columnWidth = Math.min(widest, Math.max(narrowest, Math.floor((room - timeWidth - 6) / places.size)));
  const width = timeWidth + places.size * columnWidth;
  useLayoutEffect(() => {
    if (width <= room) return;
    ref.current?.querySelector(".head.chosen")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [choice.selected, columns.length, columnWidth]);
  return (
    <>
      <div class="toolbar">
        <Picker isAlways />
        <div class="group" role="group" aria-label="Who is shown">
          <button type="button" aria-pressed={!isAll} onClick={() => setAll(false)}>
            Around the selected
          </button>
          <button type="button" aria-pressed={isAll} onClick={() => setAll(true)}>
            All
          </button>
        </div>
        <Kinds shown={shown} onChange={setShown} />
        {isCut && (
          <span class="muted wide-only" title="Columns of the services that take part in the lines in sight">
            {columns.length} of {isAll ? tree!.nodes.size : around.length}
          </span>
        )}
        <span class="space" />
        <div class="group wide-only" role="group" aria-label="Steps">
          <button type="button" onClick={() => stepTo(entries, place, -1)}>
            ← Previous
          </button>
          <button type="button" disabled={choice.cursor === null} onClick={() => stepTo(entries, place, 1)}>
            Next →
          </button>
        </div>
      </div>
      <div class="sequence fill" ref={ref} role="group" data-keys aria-label="Messages in order" tabIndex={0}>
        <div class="sequence-wide" style={{ width: `max(100%, ${width}px)` }}>
          <Heads columns={columns} columnWidth={columnWidth} moment={moment} />
          <div class="sequence-body">
            <Lifelines count={places.size} columnWidth={columnWidth} />
            <VirtualList
              role="group"
              count={entries.length}
              rowHeight={28}
              follow={choice.cursor === null}
              reveal={place}
              isCentred
              onRange={(first, last) => setRange([first, last])}
            >
              {(index) => (
                <SequenceLine
                  key={entries[index]!.n}
                  entry={entries[index]!}
                  places={places}
                  columnWidth={columnWidth}
                  isHere={index === place}
                  isFuture={choice.cursor !== null && entries[index]!.n > choice.cursor}
                />
              )}
            </VirtualList>
            {entries.length === 0 &&
              (choice.query === "" ? (
                <p class="empty">Nothing of that kind has happened between them.</p>
              ) : (
                <NothingFound />
              ))}
          </div>
        </div>
      </div>
    </>
  );
}

function stepTo(entries: readonly Entry[], place: number | null, by: number): void {
  const next = entries[(place ?? entries.length - 1) + by];
  if (next !== undefined) store.goTo(next.n);
}

function Heads({ columns, columnWidth, moment }: { columns: readonly string[]; columnWidth: number; moment: Moment }) {
  return (
    <div class={`sequence-heads ${columnWidth < leastForOneLine ? "stacked" : ""}`}>
      <span style={{ width: `${timeWidth}px` }} />
      <span class="head muted" style={{ width: `${columnWidth}px` }}>
        outside
      </span>
      {columns.map((path) => {
        const tone = toneOf(moment.rows.get(path));
        return (
          <button
            key={path}
            type="button"
            class={`head quiet ${path === store.choice.selected ? "chosen" : ""}`}
            style={{ width: `${columnWidth}px` }}
            title={path}
            onClick={() => store.select(path)}
          >
            <Badge tone={tone} />
            <span class="head-name">{breakable(nameOf(path))}</span>
            <span class="sr">{looks[tone].label}</span>
          </button>
        );
      })}
    </div>
  );
}

/** A name may go over to a second line after each of its signs. */
function breakable(name: string): string {
  return name.replaceAll(/([-_.])/g, "$1\u200b");
}

function Lifelines({ count, columnWidth }: { count: number; columnWidth: number }) {
  return (
    <div class="lifelines" aria-hidden="true">
      {Array.from({ length: count }, (_, index) => (
        <i key={index} style={{ left: `${middleOf(index, columnWidth)}px` }} />
      ))}
    </div>
  );
}
