// A line of a statechart, and its label. A transition that has just been taken moves along the line once.

import { labelSize, lineHeight, type PlacedEdge } from "../model/chart-layout.ts";
import { type Point, toPath } from "../model/geometry.ts";

export type EdgeKind = "plain" | "leaving" | "taken";

interface LineProps {
  placed: PlacedEdge;
  kind: EdgeKind;
  /** The fact at which it was taken: another fact moves it again. */
  step: number;
  /** Lines on to the inner states at its ends. */
  ends: readonly string[];
}

export function ChartEdgeLine({ placed: { edge, points }, kind, step, ends }: LineProps) {
  const path = toPath(points);
  return (
    <g class={`chart-edge ${kind}`} data-from={edge.source} data-to={edge.target}>
      <path d={path} marker-end={`url(#arrow-${kind})`} />
      {ends.map((end) => (
        <path key={end} class="end" d={end} />
      ))}
      {kind === "taken" && <path key={step} class="run" d={path} pathLength={100} />}
    </g>
  );
}

interface LabelProps {
  /** Its upper left corner. */
  at: Point;
  kind: EdgeKind;
  lines: readonly string[];
  onHover: (isIn: boolean) => void;
}

export function ChartEdgeLabel({ at: { x, y }, kind, lines, onHover }: LabelProps) {
  const [width, height] = labelSize(lines);
  return (
    <g class={`chart-label ${kind}`} onPointerEnter={() => onHover(true)} onPointerLeave={() => onHover(false)}>
      <rect x={x} y={y} width={width} height={height} rx={3} />
      <text class="small" y={y + 12}>
        {lines.map((line, index) => (
          <tspan key={line} x={x + 5} y={y + 12 + index * lineHeight}>
            {line.replace(/^ {2}/, "\u00a0\u00a0")}
          </tspan>
        ))}
      </text>
    </g>
  );
}
