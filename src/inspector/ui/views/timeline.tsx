// The timeline: a lane for each service, coloured by its states, with its crashes and what followed from them. A click goes
// to a moment, a drag chooses a range.

import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useKept } from "../model/kept.ts";
import type { Lane } from "../model/lanes.ts";
import { store, useStore, useTicks } from "../model/store.ts";
import {
  type Extent,
  followLastMinute,
  pan,
  type TimeWindow,
  toWindow,
  type WindowChoice,
  zoom,
} from "../model/time-window.ts";
import { type TreeLine, toLines } from "../model/tree.ts";
import { Arrows } from "../parts/arrows.tsx";
import { type LaneFrame, LaneRow, reachOf } from "../parts/lane-row.tsx";
import { findIn, type Hover, LaneTip } from "../parts/lane-tip.tsx";
import { NothingFound } from "../parts/nothing-found.tsx";
import { type Range, RangeBar } from "../parts/range-bar.tsx";
import { Ruler } from "../parts/ruler.tsx";
import { SpanPicker } from "../parts/span-picker.tsx";
import { VirtualList } from "../parts/virtual-list.tsx";
import { useFolding } from "./tree-rows.tsx";

const rowHeight = 30;
const narrow = 560;
/** How far the pointer must move for a range, in pixels: less is a click. */
const leastDrag = 5;

export function TimelineView() {
  const { history, tree, choice } = useStore();
  useTicks(100);
  const ref = useRef<HTMLDivElement>(null);
  const width = useWidth(ref);
  const [windowChoice, setWindowChoice] = useKept("window", followLastMinute);
  const [isBusyOnly, setBusyOnly] = useKept("busy-lanes", false);
  const [hover, setHover] = useState<Hover | null>(null);
  const [range, setRange] = useState<Range | null>(null);
  const { collapsed, toggle } = useFolding();

  const moment = history!.at(choice.cursor);
  const cursor = choice.cursor === null ? null : moment.at;
  const extent: Extent = { begin: history!.begin, now: history!.now(), cursor };
  const shown = toWindow(windowChoice, extent);
  const labelWidth = width < narrow ? 124 : 190;
  const laneWidth = Math.max(60, width - labelWidth - 12);
  const frame: LaneFrame = {
    shown,
    now: extent.now,
    cursor,
    labelWidth,
    laneWidth,
    indent: width < narrow ? 6 : 14,
    onHover: setHover,
    onToggle: toggle,
  };
  useZoom(ref, windowChoice, frame, extent, setWindowChoice);
  const drag = useRange(frame, setRange);

  const laneOf = (path: string) => history!.lanes.lanes.get(path);
  const all = toLines(tree!, moment, collapsed, choice.query);
  const lines = isBusyOnly ? onlyBusy(all, laneOf, shown) : all;
  const found = hover === null ? null : findIn(laneOf(hover.path), hover.at, reachOf(frame));
  const xOf = (at: number) => labelWidth + ((at - shown.from) / shown.span) * laneWidth;
  return (
    <>
      <SpanPicker
        span={windowChoice.span}
        shown={shown.span}
        isBusyOnly={isBusyOnly}
        onPick={(span) => setWindowChoice({ span, end: null })}
        onBusyOnly={setBusyOnly}
      />
      <div class="timeline fill" ref={ref}>
        <Ruler
          from={shown.from}
          to={shown.to}
          cursor={cursor}
          left={labelWidth}
          width={laneWidth}
          onPick={(at) => store.goTo(history!.findAt(at))}
        />
        <div class="lanes" role="group" aria-label="Timeline" data-keys tabIndex={-1} {...drag}>
          <VirtualList
            role="list"
            label="Services over time"
            count={lines.length}
            rowHeight={rowHeight}
            reveal={lines.findIndex(({ node }) => node.path === choice.selected)}
            overlay={<Arrows lines={lines} frame={frame} rowHeight={rowHeight} />}
          >
            {(index) => {
              const line = lines[index]!;
              const { path } = line.node;
              return (
                <LaneRow
                  key={path}
                  line={line}
                  lane={laneOf(path)}
                  height={rowHeight}
                  isSelected={path === choice.selected}
                  frame={frame}
                />
              );
            }}
          </VirtualList>
          {range !== null && (
            <div
              class="range"
              style={{ left: `${xOf(range.from)}px`, width: `${Math.max(1, xOf(range.to) - xOf(range.from))}px` }}
            />
          )}
          {lines.length === 0 &&
            (choice.query === "" ? <p class="empty">Nothing happened in this time.</p> : <NothingFound />)}
        </div>
        {range !== null && (
          <RangeBar
            range={range}
            onZoom={() => {
              setWindowChoice({ span: range.to - range.from, end: range.to });
              setRange(null);
            }}
            onClose={() => setRange(null)}
          />
        )}
        {hover !== null && range === null && found !== null && (found.segment !== null || found.mark !== null) && (
          <LaneTip
            hover={hover}
            segment={found.segment}
            until={found.until ?? extent.now}
            mark={found.mark}
            offset={history!.wallOffset}
          />
        )}
      </div>
    </>
  );
}

/** The lanes in which something changed in the shown time, with the supervisors around them. */
function onlyBusy(
  lines: readonly TreeLine[],
  laneOf: (path: string) => Lane | undefined,
  { from, to }: TimeWindow,
): readonly TreeLine[] {
  const isIn = ({ at }: { at: number }) => at >= from && at <= to;
  const wanted = new Set<string>();
  for (const { node } of lines) {
    const lane = laneOf(node.path);
    const isBusy = lane?.marks.some(isIn) || lane?.segments.some((segment) => isIn({ at: segment.from }));
    if (!isBusy) continue;
    for (let path = node.path; ; path = path.slice(0, path.lastIndexOf("/"))) {
      wanted.add(path);
      if (!path.includes("/")) break;
    }
  }
  return lines.filter(({ node }) => wanted.has(node.path));
}

/** Chooses a range by dragging over the lanes. */
function useRange({ shown, labelWidth, laneWidth }: LaneFrame, onChange: (range: Range | null) => void) {
  const from = useRef<{ x: number; at: number; isDrag: boolean } | null>(null);
  const timeAt = (event: PointerEvent) => {
    const { left } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const share = (event.clientX - left - labelWidth) / laneWidth;
    return shown.from + Math.min(1, Math.max(0, share)) * shown.span;
  };
  return {
    onPointerDown(event: PointerEvent) {
      const { left } = (event.currentTarget as HTMLElement).getBoundingClientRect();
      const isInLanes = event.clientX - left > labelWidth && !(event.target as HTMLElement).closest("button");
      if (event.button !== 0 || event.pointerType === "touch" || !isInLanes) return;
      from.current = { x: event.clientX, at: timeAt(event), isDrag: false };
    },
    onPointerMove(event: PointerEvent) {
      const begin = from.current;
      if (begin === null || (!begin.isDrag && Math.abs(event.clientX - begin.x) < leastDrag)) return;
      if (!begin.isDrag) (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      begin.isDrag = true;
      const at = timeAt(event);
      onChange({ from: Math.min(begin.at, at), to: Math.max(begin.at, at) });
    },
    onPointerUp() {
      from.current = null;
    },
  };
}

function useWidth(ref: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(600);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(entry!.contentRect.width));
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, [ref]);
  return width;
}

/** Zooms by the wheel with Ctrl or Cmd and by the keys + - 0, and moves by the wheel with Shift or sideways. */
function useZoom(
  ref: RefObject<HTMLElement | null>,
  choice: WindowChoice,
  { shown, labelWidth, laneWidth }: LaneFrame,
  extent: Extent,
  onChange: (choice: WindowChoice) => void,
): void {
  useEffect(() => {
    const element = ref.current!;
    const onWheel = (event: WheelEvent) => {
      const isZoom = event.ctrlKey || event.metaKey;
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (!isZoom && Math.abs(sideways) < 1) return;
      event.preventDefault();
      const x = event.clientX - element.getBoundingClientRect().left - labelWidth;
      const around = Math.min(1, Math.max(0, x / laneWidth));
      if (isZoom) onChange(zoom(shown, extent, Math.exp(event.deltaY * 0.002), around));
      else onChange({ ...choice, end: pan(shown, extent, (sideways / laneWidth) * shown.span) });
    };
    const onKey = (event: KeyboardEvent) => {
      if ((event.target as HTMLElement).matches("input, select")) return;
      if (event.key === "+" || event.key === "=") onChange(zoom(shown, extent, 0.6));
      else if (event.key === "-") onChange(zoom(shown, extent, 1.7));
      else if (event.key === "0") onChange({ span: null, end: null });
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    addEventListener("keydown", onKey);
    return () => {
      element.removeEventListener("wheel", onWheel);
      removeEventListener("keydown", onKey);
    };
  });
}
