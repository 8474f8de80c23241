// The statechart of the selected service: of its life, of the supervisor that it is, or of the machine that it runs. The
// current states are lit; the last transition is drawn thick, and moves once when it is taken.

import { useMemo, useState } from "preact/hooks";
import type { Chart, ChartEdge, Role } from "../../shared/protocol.ts";
import type { DrawnEdge } from "../model/chart-edges.ts";
import { isLarge, layOutChart, linesOf, type PlacedEdge, type PlacedNode } from "../model/chart-layout.ts";
import { type ChartStep, stepOf, takenEdges } from "../model/chart-steps.ts";
import { formatDuration, nameOf } from "../model/format.ts";
import { leaveBox, type Point, toPath } from "../model/geometry.ts";
import { store, useStore, useTicks } from "../model/store.ts";
import { toneOf } from "../model/tones.ts";
import { ArrowHeads } from "../parts/arrow-heads.tsx";
import { ChartEdgeLabel, ChartEdgeLine, type EdgeKind } from "../parts/chart-edge.tsx";
import { ChartNodeBox } from "../parts/chart-node.tsx";
import { PanZoom } from "../parts/pan-zoom.tsx";
import { Picker } from "../parts/picker.tsx";

const isNarrow = matchMedia("(max-width: 720px)").matches;

const roleNames: Readonly<Record<Role, string>> = { service: "Life", supervisor: "Supervisor", actor: "Own machine" };

export function ChartView() {
  const { history, choice } = useStore();
  useTicks(100);
  const [wanted, setWanted] = useState<Role | null>(null);
  const [isFull, setFull] = useState(false);
  const path = choice.selected!;
  const moment = history!.at(choice.cursor);
  const now = choice.cursor === null ? history!.now() : moment.at;
  const steps = (["service", "supervisor", "actor"] as const).flatMap((role) => {
    if (role === "service" && path === history!.name) return [];
    const step = stepOf(history!, moment, path, role);
    return step === null ? [] : [{ role, step }];
  });
  const shown = steps.find(({ role }) => role === wanted) ?? steps.at(-1);
  const chart = shown === undefined ? undefined : history!.charts[shown.step.chart];
  return (
    <>
      <div class="toolbar">
        <Picker />
        <h2 class="wide-only">{nameOf(path)}</h2>
        <div class="group" role="group" aria-label="Which chart">
          {steps.map(({ role }) => (
            <button key={role} type="button" aria-pressed={role === shown?.role} onClick={() => setWanted(role)}>
              {roleNames[role]}
            </button>
          ))}
        </div>
        {chart !== undefined && isLarge(chart) && (
          <button
            type="button"
            aria-pressed={isFull}
            title="Guards and actions everywhere, not only where it can go from here"
            onClick={() => setFull(!isFull)}
          >
            All guards
          </button>
        )}
        <span class="space" />
        {shown !== undefined && <LastStep step={shown.step} now={now} />}
      </div>
      <div class="fill">
        {shown === undefined || chart === undefined ? (
          <p class="empty">There is no chart of {path} at this moment.</p>
        ) : (
          <Picture chart={chart} step={shown.step} path={path} role={shown.role} now={now} isFull={isFull} />
        )}
      </div>
      {shown !== undefined && chart !== undefined && <Ways chart={chart} step={shown.step} />}
      {shown?.step.context !== undefined && (
        <details class="context">
          <summary>Context</summary>
          <pre tabIndex={0}>{pretty(shown.step.context)}</pre>
        </details>
      )}
    </>
  );
}

function LastStep({ step, now }: { step: ChartStep; now: number }) {
  if (step.event === "") return null;
  return (
    <p class="muted last-step">
      <code>{step.event.replace(/^xstate\.after\.([^.]+).*$/, "after $1")}</code> {formatDuration(now - step.at)} ago
    </p>
  );
}

interface PictureProps {
  chart: Chart;
  step: ChartStep;
  path: string;
  role: Role;
  now: number;
  isFull: boolean;
}

function Picture({ chart, step, path, role, now, isFull }: PictureProps) {
  const isBrief = !isFull && isLarge(chart);
  const placed = useMemo(() => layOutChart(chart, isBrief, isNarrow ? 0.7 : 1.5), [chart, isBrief]);
  const boxes = useMemo(() => new Map(placed.nodes.map((one) => [one.node.id, one])), [placed]);
  const [hovered, setHovered] = useState<string | null>(null);
  const row = store.history!.at(store.choice.cursor).rows.get(path);
  const tone = role === "service" ? toneOf(row) : null;
  const taken = useMemo(() => takenEdges(chart.edges, step), [chart, step]);
  const left = role === "service" && row?.nextAttemptAt != null ? Math.max(0, row.nextAttemptAt - now) : null;
  const whole = left === null ? 1 : Math.max(1, row!.nextAttemptAt! - row!.since);
  const edges = placed.edges
    .map((one) => ({ ...one, kind: kindOf(one.edge, step, taken, hovered) }))
    .sort((a, b) => Number(a.edge.key === hovered) - Number(b.edge.key === hovered) || byKind(a, b));
  return (
    <PanZoom
      pictureKey={`${chart.key} ${isBrief}`}
      width={placed.width}
      height={placed.height}
      label={`Statechart ${chart.name}, in ${[...step.active].join(", ")}`}
    >
      <ArrowHeads kinds={kinds} size={7} />
      {placed.nodes.map((one) => (
        <ChartNodeBox
          key={one.node.id}
          placed={one}
          isActive={step.active.has(one.node.id)}
          isRegion={one.depth === 1 && chart.root.type === "parallel"}
          tone={tone}
          hint={linesOf(chart, one.node).join("\n")}
          countdown={left !== null && one.node.id === "backoff.counting" ? { left, share: 1 - left / whole } : null}
        />
      ))}
      {placed.dots.map((dot) => (
        <g key={dot.key} class="chart-dot">
          <circle cx={dot.x} cy={dot.y} r={4.5} />
          <path d={toPath(dot.points)} marker-end="url(#arrow-plain)" />
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
      {edges.map(({ kind, ...one }) => (
        <ChartEdgeLabel
          key={one.edge.key}
          placed={one}
          kind={kind}
          lines={isBrief && one.edge.key !== hovered ? [briefOf(one.edge, kind, taken)] : one.edge.label}
          onHover={(isIn) => setHovered(isIn ? one.edge.key : null)}
        />
      ))}
    </PanZoom>
  );
}

/** The transitions from the current states, with every guard. */
function Ways({ chart, step }: { chart: Chart; step: ChartStep }) {
  const ways = chart.edges.filter((edge) => step.active.has(edge.source));
  if (ways.length === 0) return null;
  return (
    <section class="ways wide-only" aria-label="Where it can go from here">
      <h3>From here</h3>
      <ul>
        {ways.map(({ source, target, label, guard, actions, internal }) => (
          <li key={`${source} ${label} ${guard} ${target}`}>
            <code>{label}</code>
            {guard !== null && <code class="muted">[{guard}]</code>}
            <span class="target">
              {internal ? `stays: ${actions.join(", ")}` : `→ ${target.replace(/^lifecycle\.|^health\./, "")}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
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
function kindOf(edge: DrawnEdge, step: ChartStep, taken: ReadonlySet<ChartEdge>, hovered: string | null): EdgeKind {
  if (edge.edges.some((one) => taken.has(one))) return "taken";
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

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
