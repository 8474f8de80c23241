// One state of a statechart.

import { lineHeight, type PlacedNode, titleOf } from "../model/chart-layout.ts";
import { formatDuration } from "../model/format.ts";
import type { Tone } from "../model/tones.ts";

interface Props {
  placed: PlacedNode;
  isActive: boolean;
  /** The user looks at its ways. */
  isPicked: boolean;
  onPick: () => void;
  /** The tab key comes to this one; the arrow keys go on from it. */
  isFirst: boolean;
  isRegion: boolean;
  /** The colour of a lit state; null is the accent. */
  tone: Tone | null;
  /** Its actions on entry, on exit and inside. */
  hint: string;
  countdown: { left: number; share: number } | null;
}

export function ChartNodeBox({ placed, isActive, isPicked, onPick, isFirst, isRegion, tone, hint, countdown }: Props) {
  const { node, width, height, lines } = placed;
  const [x, y] = [placed.x - width / 2, placed.y - height / 2];
  const isCompound = node.children.length > 0;
  const kind = isRegion ? "region" : isCompound ? "compound" : "leaf";
  return (
    <g
      class={`chart-node ${kind} ${node.type} ${isActive ? "active" : ""} ${isPicked ? "picked" : ""} ${tone === null ? "" : `tone-${tone}`}`}
      data-state={node.id}
      data-node={`${placed.x} ${isCompound ? y + 15 : placed.y}`}
      role="button"
      aria-pressed={isPicked}
      onClick={onPick}
      aria-current={isActive ? "true" : undefined}
      tabindex={isFirst ? 0 : -1}
    >
      {hint !== "" && <title>{hint}</title>}
      <rect x={x} y={y} width={width} height={height} rx={node.type === "history" ? height / 2 : isCompound ? 10 : 8} />
      {node.type === "final" && <rect class="inner" x={x + 3} y={y + 3} width={width - 6} height={height - 6} rx={6} />}
      {isCompound ? (
        <text class="title" x={x + 11} y={y + 17}>
          {node.name}
        </text>
      ) : (
        <text class="title" x={placed.x} y={y + (countdown === null ? 23 : 17)} text-anchor="middle">
          {titleOf(node)}
        </text>
      )}
      {lines.map((line, index) => (
        <text
          key={line}
          class="small"
          x={x + 12}
          y={y + (isCompound ? 33 : countdown === null ? 42 : 47) + index * lineHeight}
        >
          {line}
        </text>
      ))}
      {countdown !== null && (
        <>
          <text class="small count" x={placed.x} y={y + 30} text-anchor="middle">
            {formatDuration(countdown.left)}
          </text>
          <rect class="rest" x={x} y={y + height + 3} width={width} height={3} rx={1.5} />
          <rect class="done" x={x} y={y + height + 3} width={width * countdown.share} height={3} rx={1.5} />
        </>
      )}
    </g>
  );
}
