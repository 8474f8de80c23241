// A row of the timeline: the name of a service, and its lane.

import { useRef } from "preact/hooks";
import type { Lane } from "../model/lanes.ts";
import { store } from "../model/store.ts";
import type { TimeWindow } from "../model/time-window.ts";
import { toneOf } from "../model/tones.ts";
import type { TreeLine } from "../model/tree.ts";
import { Badge } from "./badge.tsx";
import { Icon } from "./icon.tsx";
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
  readonly onToggle: (path: string) => void;
}

interface LaneRowProps {
  readonly line: TreeLine;
  readonly lane: Lane | undefined;
  readonly height: number;
  readonly isSelected: boolean;
  readonly frame: LaneFrame;
}

export function LaneRow({ line: { node, row, isOpen }, lane, height, isSelected, frame }: LaneRowProps) {
  const { shown, now, cursor, labelWidth, laneWidth, indent, onHover, onToggle } = frame;
  const timeAt = (event: MouseEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return shown.from + ((event.clientX - box.left) / laneWidth) * shown.span;
  };
  // A click goes to the crash beside the pointer, or to the moment below it; the end of a drag does not.
  const downAt = useRef(0);
  const onClick = (event: MouseEvent) => {
    if (Math.abs(event.clientX - downAt.current) > 4) return;
    const { mark } = findIn(lane, timeAt(event), reachOf(frame));
    store.select(node.path);
    store.player.pause();
    store.goTo(mark?.n ?? store.history!.findAt(timeAt(event)));
  };
  return (
    <div class={`lane ${isSelected ? "selected" : ""}`} role="listitem" data-path={node.path}>
      {isOpen !== null && (
        <button
          type="button"
          class="fold lane-fold"
          style={{ left: `${Math.min(node.depth, 6) * indent - 2}px` }}
          aria-label={`${isOpen ? "Fold" : "Unfold"} ${node.name}`}
          onClick={() => onToggle(node.path)}
        >
          <Icon name={isOpen ? "down" : "open"} />
        </button>
      )}
      <button
        type="button"
        class="lane-name quiet"
        style={{ width: `${labelWidth}px`, paddingLeft: `${16 + Math.min(node.depth, 6) * indent}px` }}
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
        onPointerDown={(event) => {
          downAt.current = event.clientX;
        }}
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
