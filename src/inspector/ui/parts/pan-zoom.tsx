// A picture that the user can move and enlarge: the wheel and two fingers move it, Ctrl and the wheel or a pinch enlarge
// it, + − 0 do by keys, a map shows where one is. The arrow keys go from node to node.

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import {
  type Camera,
  fitTo,
  type Mark,
  move,
  open,
  pinch,
  type Rect,
  reveal,
  type Side,
  type Size,
  seen,
  sideFor,
  zoomAt,
} from "../model/camera.ts";
import type { Point } from "../model/geometry.ts";
import { useKept } from "../model/kept.ts";
import { Icon } from "./icon.tsx";
import { Minimap, sizeOfMap } from "./minimap.tsx";
import { goToNode } from "./node-keys.ts";

export interface MapBox extends Rect {
  readonly className: string;
}

interface Props extends Size {
  /** Identifies the picture: a new one is opened anew. */
  pictureKey: string;
  label: string;
  /** What the picture is opened at, and follows until the user moves it. */
  focus: Point | null;
  /** The boxes of the map. */
  boxes: readonly MapBox[];
  /** What the map should not cover. */
  marks: readonly Mark[];
  /** Drawn with the part of the picture that is in view. */
  children: (view: Rect) => ComponentChildren;
}

export function PanZoom({ pictureKey, width, height, label, focus, boxes, marks, children }: Props) {
  const ref = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useKept<{ key: string; camera: Camera } | null>("camera", null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const followed = useRef<{ key: string; camera: Camera } | null>(null);
  const pointers = useRef(new Map<number, Point>());

  useLayoutEffect(() => {
    const read = () => setSize({ width: ref.current!.clientWidth, height: ref.current!.clientHeight });
    const observer = new ResizeObserver(read);
    observer.observe(ref.current!);
    read();
    return () => observer.disconnect();
  }, []);

  const picture = { width, height };
  // Until the user moves it, the picture follows its focus.
  const key = `${pictureKey} ${size.width} ${size.height}`;
  const last = followed.current?.key === key ? followed.current.camera : open(picture, size, focus);
  const following = focus === null ? last : reveal(last, focus, size);
  followed.current = size.width === 0 ? null : { key, camera: following };
  const camera = chosen?.key === pictureKey ? chosen.camera : following;
  const current = useRef(camera);
  current.current = camera;
  const set = (next: Camera) => {
    current.current = next;
    setChosen({ key: pictureKey, camera: next });
  };
  const zoomBy = (factor: number, at: Point = { x: size.width / 2, y: size.height / 2 }) =>
    set(zoomAt(current.current, factor, at));
  const fitAll = () => set(fitTo(picture, size));
  const follow = () => {
    followed.current = null;
    setChosen(null);
  };

  useEffect(() => {
    const element = ref.current!;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const box = element.getBoundingClientRect();
      if (event.ctrlKey || event.metaKey) {
        zoomBy(Math.exp(-event.deltaY * 0.01), { x: event.clientX - box.left, y: event.clientY - box.top });
        return;
      }
      const [dx, dy] = event.shiftKey && event.deltaX === 0 ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
      set(move(current.current, -dx, -dy));
    };
    const onKey = (event: KeyboardEvent) => {
      if ((event.target as HTMLElement).matches("input, select")) return;
      if (event.key === "+" || event.key === "=") zoomBy(1.25);
      else if (event.key === "-") zoomBy(0.8);
      else if (event.key === "0") fitAll();
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    addEventListener("keydown", onKey);
    return () => {
      element.removeEventListener("wheel", onWheel);
      removeEventListener("keydown", onKey);
    };
  });

  const placeOf = ({ clientX, clientY }: PointerEvent): Point => {
    const box = ref.current!.getBoundingClientRect();
    return { x: clientX - box.left, y: clientY - box.top };
  };
  const onPointerMove = (event: PointerEvent) => {
    const all = pointers.current;
    const before = all.get(event.pointerId);
    if (before === undefined) return;
    const now = placeOf(event);
    const [other] = [...all].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    // A click may move by a few pixels.
    if (other === undefined && !drag.current && Math.hypot(now.x - before.x, now.y - before.y) < 4) return;
    drag.current = true;
    ref.current!.setPointerCapture(event.pointerId);
    all.set(event.pointerId, now);
    if (other === undefined) set(move(current.current, now.x - before.x, now.y - before.y));
    else set(pinch(current.current, [before, other], [now, other]));
  };
  const drag = useRef(false);
  const onPointerEnd = (event: PointerEvent) => {
    pointers.current.delete(event.pointerId);
    if (pointers.current.size === 0) drag.current = false;
  };
  const view = seen(camera, size);
  const side = useRef<Side>("right");
  // The map stays where it is while the picture is dragged below it.
  if (!drag.current) side.current = sideFor(roomOfMap(picture), marks, camera, size, side.current);
  const isPart = view.width < width - 4 || view.height < height - 4;
  return (
    <div
      class="pan-zoom"
      ref={ref}
      role="presentation"
      onPointerDown={(event) => {
        if (event.button === 0) pointers.current.set(event.pointerId, placeOf(event));
      }}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerEnd}
      onPointerCancel={onPointerEnd}
      onPointerLeave={(event) => !drag.current && onPointerEnd(event)}
    >
      <svg
        role="group"
        aria-label={label}
        width="100%"
        height="100%"
        onKeyDown={(event) => {
          const node = goToNode(event);
          if (node !== null) set(reveal(current.current, node, size));
        }}
      >
        <g transform={`translate(${camera.x.toFixed(2)} ${camera.y.toFixed(2)}) scale(${camera.zoom.toFixed(4)})`}>
          {size.width > 0 && children(view)}
        </g>
      </svg>
      {isPart && (
        <div class={`corner ${side.current}`}>
          <Minimap
            width={width}
            height={height}
            boxes={boxes}
            view={view}
            onGo={(point) => set({ ...current.current, ...centreOf(point, current.current.zoom, size) })}
          />
        </div>
      )}
      <div class="corner">
        <div class="group zoom">
          <button type="button" aria-label="Smaller" title="Smaller (−)" onClick={() => zoomBy(0.8)}>
            <Icon name="minus" />
          </button>
          <button type="button" aria-label="Fit" title="Fit (0)" onClick={fitAll}>
            <Icon name="fit" />
          </button>
          <button type="button" aria-label="Larger" title="Larger (+)" onClick={() => zoomBy(1.25)}>
            <Icon name="plus" />
          </button>
          {chosen?.key === pictureKey && (
            <button type="button" aria-label="Follow what is active" title="Follow what is active" onClick={follow}>
              <Icon name="live" />
            </button>
          )}
        </div>
      </div>
    </div>
  );
}

/** The corner that a map stands in, with the buttons below it. */
function roomOfMap(picture: Size): Size {
  const { width, height } = sizeOfMap(picture);
  return { width: width + 12, height: height + 52 };
}

function centreOf({ x, y }: Point, zoom: number, size: Size): Point {
  return { x: size.width / 2 - x * zoom, y: size.height / 2 - y * zoom };
}
