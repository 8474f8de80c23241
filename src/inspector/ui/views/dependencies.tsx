// The dependencies: what waits for what, which conditions hold now, and why a service waits.

import { useEffect, useMemo, useState } from "preact/hooks";
import type { Moment } from "../../shared/history.ts";
import type { Explained } from "../model/connection.ts";
import { labelOf, layOutDependencies, type PlacedDependency, type PlacedService } from "../model/dependency-layout.ts";
import { nameOf, shortPath } from "../model/format.ts";
import { toPath } from "../model/geometry.ts";
import { store, useStore } from "../model/store.ts";
import { looks, toneOf } from "../model/tones.ts";
import { matches } from "../model/tree.ts";
import { waitsOf } from "../model/waiting.ts";
import { ArrowHeads } from "../parts/arrow-heads.tsx";
import { Badge } from "../parts/badge.tsx";
import { PanZoom } from "../parts/pan-zoom.tsx";

export function DependenciesView() {
  const { history, tree, choice } = useStore();
  const moment = history!.at(choice.cursor);
  const placed = useMemo(() => layOutDependencies(tree!), [tree]);
  const waiting = [...moment.rows.values()].filter(({ phase }) => phase === "waiting").map(({ path }) => path);
  return (
    <>
      <div class="toolbar">
        <h2>What waits for what</h2>
        <span class="space" />
        <span class="muted">{waiting.length === 0 ? "nothing is waiting" : `${waiting.length} waiting`}</span>
      </div>
      <div class="fill">
        <PanZoom pictureKey={tree!.description.path} width={placed.width} height={placed.height} label="Dependencies">
          <ArrowHeads kinds={["met", "unmet"]} size={8} />
          {placed.services.map((one) => (
            <Service key={one.path} placed={one} moment={moment} hidden={placed.hidden.get(one.path) ?? 0} />
          ))}
          {placed.dependencies.map((one) => (
            <Dependency key={`${one.dependant} ${one.path}`} placed={one} moment={moment} />
          ))}
        </PanZoom>
        {waiting.length > 0 && <Waiting paths={waiting} moment={moment} />}
      </div>
    </>
  );
}

function Service({ placed, moment, hidden }: { placed: PlacedService; moment: Moment; hidden: number }) {
  const { path, name, x, y, width, height, isSupervisor } = placed;
  const { selected, query } = store.choice;
  const row = moment.rows.get(path);
  const tone = toneOf(row);
  const isFaded = query !== "" && !matches(path, row, query);
  return (
    <g
      class={`dep-node tone-${tone} ${isSupervisor ? "box" : ""} ${selected === path ? "chosen" : ""} ${isFaded ? "faded" : ""}`}
      data-path={path}
      onClick={(event) => {
        event.stopPropagation();
        store.select(path);
      }}
    >
      <title>{`${path}: ${looks[tone].label}`}</title>
      <rect x={x} y={y} width={width} height={height} rx={isSupervisor ? 11 : 8} />
      <rect class="sign" x={x + 9} y={y + (isSupervisor ? 7 : 11)} width={18} height={18} rx={4} />
      <text class="letter" x={x + 18} y={y + (isSupervisor ? 20 : 24)} text-anchor="middle">
        {looks[tone].letter}
      </text>
      <text class="title" x={x + 34} y={y + (isSupervisor ? 20.5 : 24.5)}>
        {name}
        {hidden > 0 && <tspan class="small" dx={10}>{`and ${hidden} more in it`}</tspan>}
      </text>
    </g>
  );
}

function Dependency({ placed, moment }: { placed: PlacedDependency; moment: Moment }) {
  const { dependant, path, points, label } = placed;
  const wait = waitsOf(dependant, store.tree!, moment).find((one) => one.path === path);
  const isWaiting = moment.rows.get(dependant)?.phase === "waiting";
  const kind = wait?.isMet === false ? "unmet" : "met";
  return (
    <g class={`dep-edge ${kind} ${isWaiting && kind === "unmet" ? "waited" : ""}`} data-from={path} data-to={dependant}>
      <path d={toPath(points)} marker-end={`url(#arrow-${kind})`} />
      <text class="small" x={label.x} y={label.y - 4} text-anchor="middle">
        {labelOf(placed)}
      </text>
      <text class="small verdict" x={label.x} y={label.y + 12} text-anchor="middle">
        {kind === "met" ? "met" : "not met"}
      </text>
    </g>
  );
}

function Waiting({ paths, moment }: { paths: readonly string[]; moment: Moment }) {
  const summaries = useExplanations(paths);
  return (
    <div class="waits" role="status">
      <ul>
        {paths.slice(0, 8).map((path) => (
          <li key={path}>
            <button type="button" class="quiet" onClick={() => store.select(path)}>
              <Badge tone={toneOf(moment.rows.get(path))} />
              <strong>{shortPath(path)}</strong>
            </button>
            <span class="muted">{summaries.get(path) ?? derive(path, moment)}</span>
          </li>
        ))}
        {paths.length > 8 && <li class="muted">and {paths.length - 8} more</li>}
      </ul>
    </div>
  );
}

/** The waits of a past moment, by the states alone. */
function derive(path: string, moment: Moment): string {
  const waits = waitsOf(path, store.tree!, moment).filter(({ isMet }) => !isMet);
  return `waiting for ${waits.map(({ path: on, condition, state }) => `${nameOf(on)} to be ${condition} (it is ${state})`).join(", ")}`;
}

function useExplanations(paths: readonly string[]): ReadonlyMap<string, string> {
  const [summaries, setSummaries] = useState<ReadonlyMap<string, string>>(new Map());
  const { connection, isLive, connectionState } = store;
  const isNow = isLive && connectionState === "live" && store.choice.cursor === null;
  const key = paths.slice(0, 8).join(" ");
  useEffect(() => {
    if (!isNow) return setSummaries(new Map());
    let isOver = false;
    const ask = () =>
      connection!.explain(key.split(" ")).then(
        (all: Explained[]) => {
          if (!isOver)
            setSummaries(new Map(all.flatMap(({ path, summary }) => (summary ? [[path, summary] as const] : []))));
        },
        () => {},
      );
    ask();
    const timer = setInterval(ask, 1_000);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [key, isNow, connection]);
  return summaries;
}
