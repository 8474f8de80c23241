// The picture of a statechart. The current states are lit; the last transition is drawn thick, and moves once when it is
// taken. It follows the active state.

import { useMemo, useState } from "preact/hooks";
import type { Chart, ChartEdge, ChartNode, Role } from "../../shared/protocol.ts";
import type { Size } from "../model/camera.ts";
import { type DrawnEdge, isWithin, labelFrom } from "../model/chart-edges.ts";
import { type Area, placeLabels } from "../model/chart-labels.ts";
import {
  isLarge,
  labelSize,
  linesOf,
  type PlacedChart,
  type PlacedEdge,
  type PlacedNode,
} from "../model/chart-layout.ts";
import { type ChartStep, takenEdges } from "../model/chart-steps.ts";
import { leaveBox, type Point, toPath } from "../model/geometry.ts";
import { store } from "../model/store.ts";
import { toneOf } from "../model/tones.ts";
import { ArrowHeads } from "./arrow-heads.tsx";
import { ChartEdgeLabel, ChartEdgeLine, type EdgeKind } from "./chart-edge.tsx";
import { ChartNodeBox } from "./chart-node.tsx";
import { PanZoom } from "./pan-zoom.tsx";
import { usePlacedChart } from "./placed-chart.ts";

interface PictureProps {
  chart: Chart;
  step: ChartStep;
  path: string;
  role: Role;
  now: number;
  isFull: boolean;
  /** The size of the view. */
  room: Size;
}

export function ChartPicture({ isFull, room, ...props }: PictureProps) {
  const { chart } = props;
  const isBrief = !isFull && isLarge(chart);
  // Rounded, so that a dragged edge does not place everything anew with each pixel.
  const [wide, tall] = [Math.ceil(room.width / 120) * 120, Math.ceil(room.height / 120) * 120];
  const placed = usePlacedChart(chart, isBrief, { width: wide, height: tall });
  if (placed === null) return <div class="pan-zoom" role="status" aria-label={`Drawing ${chart.name}`} />;
  return <Picture {...props} placed={placed} isBrief={isBrief} />;
}

interface PlacedProps extends Omit<PictureProps, "isFull" | "room"> {
  placed: PlacedChart;
  isBrief: boolean;
}

function Picture({ chart, step, path, role, now, placed, isBrief }: PlacedProps) {
  const boxes = useMemo(() => new Map(placed.nodes.map((one) => [one.node.id, one])), [placed]);
  const [hovered, setHovered] = useState<string | null>(null);
  const [picked, setPicked] = useState<string | null>(null);
  const row = store.history!.at(store.choice.cursor).rows.get(path);
  const tone = role === "service" ? toneOf(row) : null;
  const taken = useMemo(() => takenEdges(chart.edges, step), [chart, step]);
  const left = role === "service" && row?.nextAttemptAt != null ? Math.max(0, row.nextAttemptAt - now) : null;
  const whole = left === null ? 1 : Math.max(1, row!.nextAttemptAt! - row!.since);
  const first = firstActive(chart.root, step.active);
  const focus = placed.nodes.find(({ node }) => node === first) ?? null;
  const map = useMemo(
    () =>
      placed.nodes.map(({ node, x, y, width, height }) => ({
        ...{ x: x - width / 2, y: y - height / 2, width, height },
        className: `${node.children.length > 0 ? "around" : ""} ${step.active.has(node.id) ? "active" : ""}`,
      })),
    [placed, step.n],
  );
  const edges = placed.edges
    .map((one) => ({ ...one, kind: kindOf(one.edge, step, taken, hovered, picked) }))
    .sort((a, b) => Number(a.edge.key === hovered) - Number(b.edge.key === hovered) || byKind(a, b));
  const labels = usePlaced(placed, isBrief, step, taken, picked);
  const marks = useMemo(
    () => [
      ...map
        .filter(({ className }) => !className.startsWith("around"))
        .map(({ className, ...box }) => ({ ...box, isLoud: className.endsWith("active") })),
      ...labels.map(({ at, kind }) => ({ ...at, isLoud: kind !== "plain" })),
    ],
    [map, labels],
  );
  const shown = labels
    .map((label) => {
      if (label.edge.key !== hovered || label.kind !== "plain") return label;
      const lines = labelFrom(label.edge, step.active);
      return { ...label, kind: "leaving" as const, lines, at: writtenOut(lines, label.at) };
    })
    .sort((a, b) => Number(a.edge.key === hovered) - Number(b.edge.key === hovered) || byKind(a, b));
  return (
    <PanZoom
      pictureKey={`${path} ${chart.key} ${isBrief} ${placed.width} ${placed.height}`}
      width={placed.width}
      height={placed.height}
      label={`Statechart ${chart.name}, in ${[...step.active].join(", ")}`}
      focus={focus}
      boxes={map}
      marks={marks}
    >
      {() => (
        <>
          <ArrowHeads kinds={kinds} size={7} />
          {placed.nodes.map((one) => (
            <ChartNodeBox
              key={one.node.id}
              placed={one}
              isActive={step.active.has(one.node.id)}
              isPicked={one.node.id === picked}
              onPick={() => setPicked(one.node.id === picked ? null : one.node.id)}
              isFirst={one === (focus ?? placed.nodes[0])}
              isRegion={one.depth === 1 && chart.root.type === "parallel"}
              tone={tone}
              hint={linesOf(chart, one.node).join("\n")}
              countdown={left !== null && one.node.id === "backoff.counting" ? { left, share: 1 - left / whole } : null}
            />
          ))}
          {placed.dots.map((dot) => (
            <g key={dot.key} class={`chart-dot ${dot.initial === null ? "any" : ""}`}>
              <circle cx={dot.x} cy={dot.y} r={4.5} />
              {dot.initial !== null && <path d={toPath(dot.points)} marker-end="url(#arrow-plain)" />}
            </g>
          ))}
          {edges.map(({ kind, ...one }) => (
            <ChartEdgeLine
              key={one.edge.key}
              placed={one}
              kind={kind}
              step={step.n}
              ends={kind === "plain" ? [] : endsOf(one, kind, step, taken, boxes)}
            />
          ))}
          {shown.map(({ edge, ...label }) => (
            <ChartEdgeLabel key={edge.key} {...label} onHover={(isIn) => setHovered(isIn ? edge.key : null)} />
          ))}
        </>
      )}
    </PanZoom>
  );
}

interface LabelProps {
  readonly edge: DrawnEdge;
  readonly kind: EdgeKind;
  readonly lines: readonly string[];
  readonly at: Area;
}

/** The labels in their places; kept for each of the states, between which a busy supervisor goes to and fro. */
function usePlaced(
  placed: PlacedChart,
  isBrief: boolean,
  step: ChartStep,
  taken: ReadonlySet<ChartEdge>,
  picked: string | null,
): readonly LabelProps[] {
  const known = useMemo(() => new Map<string, readonly LabelProps[]>(), [placed, isBrief]);
  const way = [...taken].map(({ source, event, target }) => `${source} ${event} ${target}`);
  const key = [...step.active, "|", ...way, "|", picked ?? ""].join(" ");
  const last = known.get(key);
  if (last !== undefined) return last;
  const all = placed.edges.map((one) => {
    const kind = kindOf(one.edge, step, taken, null, picked);
    const isShort = isBrief && kind !== "leaving";
    return { placed: one, kind, lines: isShort ? [briefOf(one.edge, kind, taken)] : labelFrom(one.edge, step.active) };
  });
  const places = placeLabels(all, placed.nodes, placed);
  const labels = all.flatMap(({ placed: { edge }, kind, lines }, index) => {
    const at = places[index]!;
    return at === null ? [] : [{ edge, kind, lines, at }];
  });
  if (known.size >= mostKnown) known.clear();
  known.set(key, labels);
  return labels;
}

const mostKnown = 40;

/** The first innermost active state, in the order of the chart: of its regions, the first says what goes on. */
function firstActive(node: ChartNode, active: ReadonlySet<string>): ChartNode | null {
  if (node.children.length === 0) return active.has(node.id) ? node : null;
  for (const child of node.children) {
    const found = firstActive(child, active);
    if (found !== null) return found;
  }
  return null;
}

/** A label under the pointer is written out where it is, whatever is below it: the pointer must stay on it. */
function writtenOut(lines: readonly string[], at: Area): Area {
  const [width, height] = labelSize(lines);
  return { x: Math.max(4, at.x + (at.width - width) / 2), y: at.y, width, height };
}

/** The dotted lines from the ends of a line to the inner states, as far as they matter now. */
function endsOf(
  { edge, points }: PlacedEdge,
  kind: EdgeKind,
  step: ChartStep,
  taken: ReadonlySet<ChartEdge>,
  boxes: ReadonlyMap<string, PlacedNode>,
): string[] {
  const meant = edge.edges.filter((one) => (kind === "taken" ? taken.has(one) : step.active.has(one.source)));
  const [first, last] = [points[0]!, points.at(-1)!];
  const sources = new Set(meant.map(({ source }) => source).filter((id) => id !== edge.source));
  const targets = new Set(kind === "taken" ? meant.map(({ target }) => target).filter((id) => id !== edge.target) : []);
  const lineTo = (id: string, point: Point) => {
    const box = boxes.get(id);
    return box === undefined ? [] : [toPath([leaveBox(box, point), point])];
  };
  return [...[...sources].flatMap((id) => lineTo(id, first)), ...[...targets].flatMap((id) => lineTo(id, last))];
}

/** The line just taken, the lines that can be taken now, and the rest; drawn in the reverse order. */
function kindOf(
  edge: DrawnEdge,
  step: ChartStep,
  taken: ReadonlySet<ChartEdge>,
  hovered: string | null,
  picked: string | null,
): EdgeKind {
  if (edge.edges.some((one) => taken.has(one))) return "taken";
  if (picked !== null && edge.edges.some(({ source }) => isWithin(source, picked))) return "leaving";
  return edge.key === hovered || edge.edges.some(({ source }) => step.active.has(source)) ? "leaving" : "plain";
}

/** The event of the transition that was taken. */
function briefOf(edge: DrawnEdge, kind: EdgeKind, taken: ReadonlySet<ChartEdge>): string {
  if (kind !== "taken") return edge.brief;
  return [...new Set(edge.edges.filter((one) => taken.has(one)).map(({ label }) => label))].join(", ");
}

const kinds: readonly EdgeKind[] = ["plain", "leaving", "taken"];

function byKind(a: { kind: EdgeKind }, b: { kind: EdgeKind }): number {
  return kinds.indexOf(a.kind) - kinds.indexOf(b.kind);
}
