// The sequence: the messages between services in order, and the changes of state after them. A click on a line goes there.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Moment } from "../../shared/history.ts";
import type { Entry } from "../../shared/protocol.ts";
import { Filtered, indexAt } from "../model/filtered.ts";
import { nameOf, parentOf } from "../model/format.ts";
import { store, useStore } from "../model/store.ts";
import { looks, toneOf } from "../model/tones.ts";
import type { TreeModel } from "../model/tree.ts";
import { fitsQuery, type Kind, kindsOf } from "../model/wording.ts";
import { Badge } from "../parts/badge.tsx";
import { Kinds } from "../parts/kinds.tsx";
import { Picker } from "../parts/picker.tsx";
import { isNarrow, middleOf, SequenceLine, timeWidth } from "../parts/sequence-line.tsx";
import { VirtualList } from "../parts/virtual-list.tsx";

/** The narrowest and the widest column. */
const [narrowest, widest] = [isNarrow ? 76 : 92, 190];
/** The most columns that can still be read side by side. */
const mostColumns = 14;

export function SequenceView() {
  const { history, tree, choice } = useStore();
  const [shown, setShown] = useState<ReadonlySet<Kind>>(new Set(["states", "errors", "messages"]));
  const [isAll, setAll] = useState(tree!.nodes.size <= mostColumns && !isNarrow);
  const filtered = useRef(new Filtered());
  const ref = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState(900);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setRoom(entry!.contentRect.width));
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, []);
  const moment = history!.at(choice.cursor);
  const columns = isAll ? [...tree!.nodes.keys()].slice(0, 60) : around(choice.selected!, tree!);
  const places = new Map(["", ...columns].map((path, index) => [path, index]));
  const entries = filtered.current.update(
    history!,
    [history, shown, columns.join(" "), choice.query],
    (entry) =>
      places.has(entry.path) && kindsOf(entry).some((kind) => shown.has(kind)) && fitsQuery(entry, choice.query),
  );
  const place = choice.cursor === null ? null : indexAt(entries, choice.cursor);
  const columnWidth = Math.min(widest, Math.max(narrowest, Math.floor((room - timeWidth - 6) / places.size)));
  const width = timeWidth + places.size * columnWidth;
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
      <div class="sequence fill" ref={ref} role="group" aria-label="Messages in order" tabIndex={0}>
        <div class="sequence-wide" style={{ width: `max(100%, ${width}px)` }}>
          <Heads columns={columns} columnWidth={columnWidth} moment={moment} />
          <div class="sequence-body">
            <Lifelines count={places.size} columnWidth={columnWidth} />
            <VirtualList count={entries.length} rowHeight={28} follow={choice.cursor === null} reveal={place}>
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
            {entries.length === 0 && <p class="empty">Nothing of that kind has happened between them.</p>}
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

/** The selected service, what it is in, and what is in it or beside it. */
function around(path: string, tree: TreeModel): string[] {
  const node = tree.nodes.get(path);
  const parent = parentOf(path);
  const family = node?.children ?? [];
  const siblings = parent === null || family.length > 0 ? [] : (tree.nodes.get(parent)?.children ?? []);
  const beside = siblings.length <= mostColumns - 2 ? siblings : [path];
  return [...(parent === null ? [] : [parent]), ...(family.length > 0 ? [path, ...family] : beside)].slice(
    0,
    mostColumns,
  );
}

function Heads({ columns, columnWidth, moment }: { columns: readonly string[]; columnWidth: number; moment: Moment }) {
  return (
    <div class="sequence-heads">
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
            <span>{nameOf(path)}</span>
            <span class="sr">{looks[tone].label}</span>
          </button>
        );
      })}
    </div>
  );
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
