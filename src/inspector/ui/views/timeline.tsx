// The timeline: one lane per service, coloured by what it was in, with its crashes; the ruler sets the moment that the
// whole page shows.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { formatMs } from "../model/format.ts";
import { store, useStore, useTicks } from "../model/store.ts";
import { toneOf } from "../model/tones.ts";
import { toLines } from "../model/tree.ts";
import { Badge } from "../parts/badge.tsx";
import { LaneCanvas } from "../parts/lane-canvas.tsx";
import { findIn, type Hover, LaneTip } from "../parts/lane-tip.tsx";
import { Ruler } from "../parts/ruler.tsx";
import { VirtualList } from "../parts/virtual-list.tsx";

const rowHeight = 30;
const spans = [10_000, 60_000, 300_000] as const;
const nothingFolded: ReadonlySet<string> = new Set();

export function TimelineView() {
  const { history, tree, choice } = useStore();
  useTicks(100);
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(600);
  /** null: all of it. */
  const [span, setSpan] = useState<number | null>(60_000);
  /** null: it follows. */
  const [end, setEnd] = useState<number | null>(null);
  const [hover, setHover] = useState<Hover | null>(null);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(entry!.contentRect.width));
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, []);

  const moment = history!.at(choice.cursor);
  const now = history!.now();
  const begin = history!.begin;
  const labelWidth = width < 560 ? 104 : 190;
  const laneWidth = Math.max(60, width - labelWidth - 12);
  const all = Math.max(5_000, now - begin);
  const shownSpan = Math.min(span ?? all, all);
  const cursor = choice.cursor === null ? null : moment.at;
  let to = end ?? now;
  // The moment that is looked at must be seen.
  if (cursor !== null && end === null && cursor < to - shownSpan) to = Math.min(now, cursor + shownSpan * 0.25);
  const from = to - shownSpan;
  const lines = toLines(tree!, moment, nothingFolded, choice.query);
  const selected = lines.findIndex(({ node }) => node.path === choice.selected);

  const zoomBy = (factor: number, around = 1) => {
    const next = Math.min(Math.max(500, now - begin), Math.max(200, shownSpan * factor));
    const at = from + shownSpan * around;
    setSpan(next);
    const newEnd = at + next * (1 - around);
    setEnd(newEnd >= now - next * 0.02 ? null : newEnd);
  };
  const panBy = (ms: number) => {
    const next = Math.max(begin + shownSpan, to + ms);
    setEnd(next >= now ? null : next);
  };
  useEffect(() => {
    const element = ref.current!;
    const onWheel = (event: WheelEvent) => {
      const isZoom = event.ctrlKey || event.metaKey;
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (!isZoom && Math.abs(sideways) < 1) return;
      event.preventDefault();
      const x = event.clientX - element.getBoundingClientRect().left - labelWidth;
      if (isZoom) zoomBy(Math.exp(event.deltaY * 0.002), Math.min(1, Math.max(0, x / laneWidth)));
      else panBy((sideways / laneWidth) * shownSpan);
    };
    const onKey = (event: KeyboardEvent) => {
      if ((event.target as HTMLElement).matches("input, select")) return;
      if (event.key === "+" || event.key === "=") zoomBy(0.6);
      else if (event.key === "-") zoomBy(1.7);
      else if (event.key === "0") {
        setSpan(null);
        setEnd(null);
      }
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    addEventListener("keydown", onKey);
    return () => {
      element.removeEventListener("wheel", onWheel);
      removeEventListener("keydown", onKey);
    };
  });

  const found =
    hover === null ? null : findIn(history!.lanes.lanes.get(hover.path), hover.at, (shownSpan / laneWidth) * 6);
  return (
    <>
      <div class="toolbar">
        <div class="group" role="group" aria-label="How much time is shown">
          {spans.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={span === one}
              onClick={() => {
                setSpan(one);
                setEnd(null);
              }}
            >
              {formatMs(one)}
            </button>
          ))}
          <button
            type="button"
            aria-pressed={span === null}
            onClick={() => {
              setSpan(null);
              setEnd(null);
            }}
          >
            All
          </button>
        </div>
        <span class="muted wide-only">{formatMs(shownSpan)} shown; + − zoom, Shift and wheel move</span>
        <span class="space" />
        <Legend />
      </div>
      <div class="timeline fill" ref={ref}>
        <Ruler
          from={from}
          to={to}
          cursor={cursor}
          left={labelWidth}
          width={laneWidth}
          onPick={(at) => store.goTo(history!.findAt(at))}
        />
        <div class="lanes" role="list" aria-label="Services over time">
          <VirtualList count={lines.length} rowHeight={rowHeight} reveal={selected}>
            {(index) => {
              const { node, row } = lines[index]!;
              const lane = history!.lanes.lanes.get(node.path);
              return (
                <div
                  key={node.path}
                  class={`lane ${node.path === choice.selected ? "selected" : ""}`}
                  role="listitem"
                  data-path={node.path}
                >
                  <button
                    type="button"
                    class="lane-name quiet"
                    style={{
                      width: `${labelWidth}px`,
                      paddingLeft: `${8 + Math.min(node.depth, 6) * (width < 560 ? 6 : 14)}px`,
                    }}
                    title={node.path}
                    onClick={() => store.select(node.path)}
                  >
                    <Badge tone={toneOf(row)} />
                    <span class={node.children === null ? "" : "supervisor"}>{node.name}</span>
                  </button>
                  <div
                    class="lane-time"
                    role="presentation"
                    onPointerMove={(event) => {
                      const box = event.currentTarget.getBoundingClientRect();
                      const at = from + ((event.clientX - box.left) / laneWidth) * shownSpan;
                      setHover({ path: node.path, at, x: event.clientX, y: box.bottom });
                    }}
                    onPointerLeave={() => setHover(null)}
                    onClick={(event) => {
                      const box = event.currentTarget.getBoundingClientRect();
                      const at = from + ((event.clientX - box.left) / laneWidth) * shownSpan;
                      const mark = findIn(lane, at, (shownSpan / laneWidth) * 6).mark;
                      store.select(node.path);
                      if (mark !== null) store.goTo(mark.n);
                    }}
                  >
                    <LaneCanvas
                      lane={lane}
                      from={from}
                      to={to}
                      now={now}
                      cursor={cursor}
                      width={laneWidth}
                      height={rowHeight}
                    />
                  </div>
                </div>
              );
            }}
          </VirtualList>
        </div>
        {hover !== null && found !== null && (found.segment !== null || found.mark !== null) && (
          <LaneTip
            hover={hover}
            segment={found.segment}
            until={found.until ?? now}
            mark={found.mark}
            offset={history!.wallOffset}
          />
        )}
      </div>
    </>
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
