// The dependencies: what waits for what, which conditions hold now, and why a service waits. The selected service with what
// is around it, or all.

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { layOutFocusIn, pathsAround } from "../model/dependency-focus.ts";
import { layOutDependencies, type PlacedGraph, unfoldedFor } from "../model/dependency-layout.ts";
import { countOf, nameOf, shortPath } from "../model/format.ts";
import { useKept } from "../model/kept.ts";
import { problemsOf } from "../model/problems.ts";
import { type Scene, toSentence } from "../model/sentence.ts";
import { store, useStore } from "../model/store.ts";
import { looks, toneOf } from "../model/tones.ts";
import { ArrowHeads } from "../parts/arrow-heads.tsx";
import { Badge } from "../parts/badge.tsx";
import { DependencyPicture } from "../parts/dependency-picture.tsx";
import { PanZoom } from "../parts/pan-zoom.tsx";
import { Picker } from "../parts/picker.tsx";

/** How many waiting services the card names. */
const mostNamed = 6;

export function DependenciesView() {
  const { history, tree, choice } = useStore();
  const [isAll, setAll] = useKept("all-dependencies", false);
  const ref = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState({ width: innerWidth, height: innerHeight });
  useLayoutEffect(() => {
    // Rounded, so that a dragged edge does not place everything anew with each pixel.
    const round = (size: number) => Math.floor(size / 40) * 40;
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      setRoom((last) =>
        last.width === round(width) && last.height === round(height)
          ? last
          : { width: round(width), height: round(height) },
      );
    });
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, []);
  const moment = history!.at(choice.cursor);
  const scene: Scene = { tree: tree!, moment, now: store.shownNow };
  const selected = choice.selected!;
  const waiting = problemsOf(tree!, moment).all.filter(({ tone }) => tone === "waiting");
  const blocked = new Set(waiting.flatMap(({ path, root }) => (root === null ? [path] : [path, root])));
  const open = unfoldedFor(tree!, selected);
  const openKey = open === null ? "" : [...open].join(" ");
  const around = isAll ? [] : pathsAround(selected, tree!, blocked);
  const aroundKey = around.join(" ");
  const total = tree!.nodes.get(selected)?.children?.length ?? around.length;
  const placed: PlacedGraph = useMemo(
    () =>
      isAll ? layOutDependencies(tree!, open) : layOutFocusIn(around, tree!, room, Math.max(total, around.length)),
    [tree, isAll, openKey, aroundKey, room],
  );
  const own = placed.services.find(({ path }) => path === selected);
  const left = placed.hidden.get("");
  const boxes = useMemo(
    () =>
      placed.services.map(({ x, y, width, height, isSupervisor }) => ({
        x,
        y,
        width,
        height,
        className: isSupervisor ? "around" : "",
      })),
    [placed],
  );
  const marks = useMemo(
    () =>
      placed.services
        .filter(({ isSupervisor }) => !isSupervisor)
        .map(({ x, y, width, height, path }) => ({ x, y, width, height, isLoud: path === selected })),
    [placed, selected],
  );
  return (
    <>
      <div class="toolbar">
        <Picker />
        <h2 class="wide-only">{isAll ? "All dependencies" : headOf(selected, scene)}</h2>
        <div class="group" role="group" aria-label="How much is shown">
          <button type="button" aria-pressed={!isAll} onClick={() => setAll(false)}>
            Around the selected
          </button>
          <button type="button" aria-pressed={isAll} onClick={() => setAll(true)}>
            All
          </button>
        </div>
        {left !== undefined && <span class="muted">{left} more without dependencies</span>}
        <span class="space" />
        <span class="muted wide-only">
          {waiting.length === 0 ? "nothing is waiting" : countOf(waiting.length, "service waits", "services wait")}
        </span>
      </div>
      <div class="fill column" ref={ref}>
        {waiting.length > 0 && (
          <ul class="waits" aria-label="What waits">
            {waiting.slice(0, mostNamed).map(({ path }) => (
              <li key={path}>
                <button type="button" class="quiet" onClick={() => store.select(path)}>
                  <Badge tone={toneOf(moment.rows.get(path))} />
                  <strong>{shortPath(path)}</strong>
                </button>
                <span class="muted">{toSentence(path, scene, null)}</span>
              </li>
            ))}
            {waiting.length > mostNamed && <li class="muted">and {waiting.length - mostNamed} more</li>}
          </ul>
        )}
        <div class="fill">
          {placed.services.length === 0 ? (
            <p class="empty">There are no services in {nameOf(selected)}.</p>
          ) : (
            <PanZoom
              pictureKey={`${isAll ? "all" : "around"} ${isAll ? openKey : aroundKey} ${placed.width} ${placed.height}`}
              width={placed.width}
              height={placed.height}
              label={`Dependencies, ${selected} is ${looks[toneOf(moment.rows.get(selected))].label}`}
              focus={own === undefined ? null : { x: own.x + own.width / 2, y: own.y + Math.min(own.height, 120) / 2 }}
              boxes={boxes}
              marks={marks}
            >
              {(view) => (
                <>
                  <ArrowHeads kinds={["met", "unmet", "waited"]} size={8} />
                  <DependencyPicture placed={placed} view={view} scene={scene} blocked={blocked} />
                </>
              )}
            </PanZoom>
          )}
        </div>
      </div>
    </>
  );
}

function headOf(path: string, { tree }: Scene): string {
  return tree.nodes.get(path)?.children == null ? nameOf(path) : `In ${nameOf(path)}`;
}
