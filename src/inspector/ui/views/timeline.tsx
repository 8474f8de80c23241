// The timeline: a lane for each service, coloured by its states, with its crashes. The ruler sets the moment that the whole
// page shows.

import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { store, useStore, useTicks } from "../model/store.ts";
import { type Extent, followLastMinute, pan, toWindow, type WindowChoice, zoom } from "../model/time-window.ts";
import { toLines } from "../model/tree.ts";
import { type LaneFrame, LaneRow, reachOf } from "../parts/lane-row.tsx";
import { findIn, type Hover, LaneTip } from "../parts/lane-tip.tsx";
import { Ruler } from "../parts/ruler.tsx";
import { SpanPicker } from "../parts/span-picker.tsx";
import { VirtualList } from "../parts/virtual-list.tsx";

const rowHeight = 30;
const narrow = 560;
const nothingFolded: ReadonlySet<string> = new Set();

export function TimelineView() {
  const { history, tree, choice } = useStore();
  useTicks(100);
  const ref = useRef<HTMLDivElement>(null);
  const width = useWidth(ref);
  const [windowChoice, setWindowChoice] = useState(followLastMinute);
  const [hover, setHover] = useState<Hover | null>(null);

  const moment = history!.at(choice.cursor);
  const cursor = choice.cursor === null ? null : moment.at;
  const extent: Extent = { begin: history!.begin, now: history!.now(), cursor };
  const shown = toWindow(windowChoice, extent);
  const labelWidth = width < narrow ? 104 : 190;
  const laneWidth = Math.max(60, width - labelWidth - 12);
  const frame: LaneFrame = {
    shown,
    now: extent.now,
    cursor,
    labelWidth,
    laneWidth,
    indent: width < narrow ? 6 : 14,
    onHover: setHover,
  };
  useZoom(ref, windowChoice, frame, extent, setWindowChoice);

  const lines = toLines(tree!, moment, nothingFolded, choice.query);
  const laneOf = (path: string) => history!.lanes.lanes.get(path);
  const found = hover === null ? null : findIn(laneOf(hover.path), hover.at, reachOf(frame));
  return (
    <>
      <SpanPicker span={windowChoice.span} shown={shown.span} onPick={(span) => setWindowChoice({ span, end: null })} />
      <div class="timeline fill" ref={ref}>
        <Ruler
          from={shown.from}
          to={shown.to}
          cursor={cursor}
          left={labelWidth}
          width={laneWidth}
          onPick={(at) => store.goTo(history!.findAt(at))}
        />
        <div class="lanes" role="list" aria-label="Services over time">
          <VirtualList
            count={lines.length}
            rowHeight={rowHeight}
            reveal={lines.findIndex(({ node }) => node.path === choice.selected)}
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
        </div>
        {hover !== null && found !== null && (found.segment !== null || found.mark !== null) && (
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
