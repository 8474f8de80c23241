// The services and dependencies of a picture, as far as they are in view. One that has not changed is not drawn again.

import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { Rect } from "../model/camera.ts";
import {
  briefFont,
  labelOf,
  labelSize,
  nameFont,
  type PlacedDependency,
  type PlacedGraph,
  type PlacedService,
} from "../model/dependency-layout.ts";
import { formatDuration } from "../model/format.ts";
import { toPath } from "../model/geometry.ts";
import type { Scene } from "../model/sentence.ts";
import { store } from "../model/store.ts";
import { cutText } from "../model/text-width.ts";
import { looks, toneOf } from "../model/tones.ts";
import { matches } from "../model/tree.ts";
import { waitsOf } from "../model/waiting.ts";

interface Props {
  readonly placed: PlacedGraph;
  readonly view: Rect;
  readonly scene: Scene;
  /** What waits, and what it waits for in the end. */
  readonly blocked: ReadonlySet<string>;
}

interface Drawn {
  readonly key: string;
  readonly node: JSX.Element;
}

export function DependencyPicture({ placed, view, scene, blocked }: Props) {
  const cache = useRef(new Map<object, Drawn>());
  const reuse = (of: object, key: string, draw: () => JSX.Element) => {
    const known = cache.current.get(of);
    if (known?.key === key) return known.node;
    const node = draw();
    cache.current.set(of, { key, node });
    return node;
  };
  const { selected, query } = store.choice;
  const drawn: JSX.Element[] = [];
  for (const one of placed.services) {
    if (!isIn(one, view)) continue;
    const row = scene.moment.rows.get(one.path);
    const tone = toneOf(row);
    const isFaded = query !== "" && !matches(one.path, row, query);
    const brief = briefOf(one, scene);
    const isCause = blocked.has(one.path) && tone !== "waiting";
    const hidden = placed.hidden.get(one.path) ?? 0;
    const key = `${tone} ${selected === one.path} ${isFaded} ${brief} ${isCause}`;
    drawn.push(
      reuse(one, key, () => (
        <Service
          key={one.path}
          placed={one}
          tone={tone}
          brief={brief}
          hidden={hidden}
          isFaded={isFaded}
          isCause={isCause}
        />
      )),
    );
  }
  for (const one of placed.dependencies) {
    if (!one.points.some((point) => isNear(point, view))) continue;
    const wait = waitsOf(one.dependant, scene.tree, scene.moment).find(({ path }) => path === one.path);
    const isWaiting = scene.moment.rows.get(one.dependant)?.phase === "waiting";
    const kind = wait?.isMet !== false ? "met" : isWaiting ? "waited" : "unmet";
    drawn.push(reuse(one, kind, () => <Dependency key={`${one.dependant} ${one.path}`} placed={one} kind={kind} />));
  }
  return <>{drawn}</>;
}

function briefOf({ path, folded, isSupervisor }: PlacedService, scene: Scene): string {
  if (isSupervisor) return "";
  const row = scene.moment.rows.get(path);
  const tone = toneOf(row);
  const inside = folded > 0 ? `${folded} in it` : "";
  if (tone === "running") return inside || "running";
  if (tone === "backoff" && row?.nextAttemptAt != null)
    return `again in ${formatDuration(row.nextAttemptAt - scene.now)}`;
  const state = looks[tone].label;
  return inside === "" ? state : `${inside}, ${state}`;
}

function isIn({ x, y, width, height }: PlacedService, view: Rect): boolean {
  return x < view.x + view.width && x + width > view.x && y < view.y + view.height && y + height > view.y;
}

function isNear({ x, y }: { x: number; y: number }, view: Rect): boolean {
  const room = 200;
  return x > view.x - room && x < view.x + view.width + room && y > view.y - room && y < view.y + view.height + room;
}

interface ServiceProps {
  placed: PlacedService;
  tone: ReturnType<typeof toneOf>;
  brief: string;
  hidden: number;
  isFaded: boolean;
  isCause: boolean;
}

function Service({ placed, tone, brief, hidden, isFaded, isCause }: ServiceProps) {
  const { path, name, x, y, width, height, isSupervisor, folded } = placed;
  const isChosen = store.choice.selected === path;
  const select = () => store.choose({ selected: path, areDetailsOpen: true });
  return (
    <g
      class={`dep-node tone-${tone} ${isSupervisor ? "box" : ""} ${folded > 0 ? "stack" : ""} ${isChosen ? "chosen" : ""} ${isFaded ? "faded" : ""} ${isCause ? "cause" : ""}`}
      data-path={path}
      data-node={`${x + width / 2} ${y + (isSupervisor ? 15 : height / 2)}`}
      role="button"
      tabindex={isChosen ? 0 : -1}
      onClick={(event) => {
        event.stopPropagation();
        select();
      }}
      onDblClick={() => store.choose({ selected: path, view: "chart" })}
    >
      <title>{`${path}: ${looks[tone].label}${isCause ? ", what others wait for" : ""}`}</title>
      {folded > 0 && <rect class="under" x={x + 4} y={y + 4} width={width} height={height} rx={8} />}
      <rect class="body" x={x} y={y} width={width} height={height} rx={isSupervisor ? 11 : 8} />
      <rect class="sign" x={x + 9} y={y + (isSupervisor ? 7 : height / 2 - 9)} width={18} height={18} rx={4} />
      <text class="letter" x={x + 18} y={y + (isSupervisor ? 20 : height / 2 + 4)} text-anchor="middle">
        {looks[tone].letter}
      </text>
      <text class="title" x={x + 34} y={y + (isSupervisor ? 20.5 : height / 2 - 3)}>
        {folded > 0 || !isSupervisor ? cutText(name, nameFont, width - 38) : name}
        {hidden > 0 && <tspan class="small" dx={10}>{`and ${hidden} more in it`}</tspan>}
      </text>
      {!isSupervisor && (
        <text class="small" x={x + 34} y={y + height / 2 + 13}>
          {cutText(brief, briefFont, width - 38)}
        </text>
      )}
    </g>
  );
}

function Dependency({ placed, kind }: { placed: PlacedDependency; kind: "met" | "unmet" | "waited" }) {
  const { dependant, path, points, label, condition, required } = placed;
  const { width, height } = labelSize(placed);
  return (
    <g class={`dep-edge ${kind === "met" ? "met" : `unmet ${kind}`}`} data-from={path} data-to={dependant}>
      <title>{`${dependant} needs ${path} to be ${condition}${required ? "" : " (optional)"}: ${kind === "met" ? "it is" : kind === "waited" ? "it waits" : "it is not so now, and not waited for"}`}</title>
      <path d={toPath(points)} marker-end={`url(#arrow-${kind})`} />
      {kind === "waited" && (
        <>
          <rect x={label.x - width / 2} y={label.y - height / 2} width={width} height={height} rx={4} />
          <text class="small" x={label.x} y={label.y + 4} text-anchor="middle">
            {labelOf(placed)}
          </text>
        </>
      )}
    </g>
  );
}
