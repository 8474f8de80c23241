// A row of the timeline: the name of a service, and its lane.

import type { Lane } from "../model/lanes.ts";
import { store } from "../model/store.ts";
import type { TimeWindow } from "../model/time-window.ts";
import { toneOf } from "../model/tones.ts";
import type { TreeLine } from "../model/tree.ts";
import { Badge } from "./badge.tsx";
import { LaneCanvas } from "./lane-canvas.tsx";
import { findIn, type Hover } from "./lane-tip.tsx";

/** What all rows of the timeline have in common. */
export interface LaneFrame {
  readonly shown: TimeWindow;
  readonly now: number;
  readonly cursor: number | null;
  readonly labelWidth: number;
  readonly laneWidth: number;
  /** How far the name of a service moves in for each level of the tree, in pixels. */
  readonly indent: number;
  readonly onHover: (hover: Hover | null) => void;
}

interface LaneRowProps {
  readonly line: TreeLine;
  readonly lane: Lane | undefined;
  readonly height: number;
  readonly isSelected: boolean;
  readonly frame: LaneFrame;
}

export function LaneRow({ line: { node, row }, lane, height, isSelected, frame }: LaneRowProps) {
  const { shown, now, cursor, labelWidth, laneWidth, indent, onHover } = frame;
  const timeAt = (event: MouseEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return shown.from + ((event.clientX - box.left) / laneWidth) * shown.span;
  };
  const onClick = (event: MouseEvent) => {
    const { mark } = findIn(lane, timeAt(event), reachOf(frame));
    store.select(node.path);
    if (mark !== null) store.goTo(mark.n);
  };
  return (
    <div class={`lane ${isSelected ? "selected" : ""}`} role="listitem" data-path={node.path}>
      <button
        type="button"
        class="lane-name quiet"
        style={{ width: `${labelWidth}px`, paddingLeft: `${8 + Math.min(node.depth, 6) * indent}px` }}
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
          const { bottom } = event.currentTarget.getBoundingClientRect();
          onHover({ path: node.path, at: timeAt(event), x: event.clientX, y: bottom });
        }}
        onPointerLeave={() => onHover(null)}
        onClick={onClick}
      >
        <LaneCanvas
          lane={lane}
          from={shown.from}
          to={shown.to}
          now={now}
          cursor={cursor}
          width={laneWidth}
          height={height}
        />
      </div>
    </div>
  );
}

/** How far from the pointer a mark is still found, in milliseconds: six pixels. */
export function reachOf({ shown, laneWidth }: Pick<LaneFrame, "shown" | "laneWidth">): number {
  return (shown.span / laneWidth) * 6;
}
