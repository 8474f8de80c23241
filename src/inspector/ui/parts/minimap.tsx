// The map of a picture that is larger than its view: a click or a drag goes there.

import { useRef } from "preact/hooks";
import type { Rect, Size } from "../model/camera.ts";
import type { Point } from "../model/geometry.ts";
import type { MapBox } from "./pan-zoom.tsx";

/** The largest size of the map, in pixels. */
const room: Size = matchMedia("(max-width: 720px)").matches ? { width: 104, height: 72 } : { width: 168, height: 112 };

export function sizeOfMap({ width, height }: Size): Size & { readonly scale: number } {
  const scale = Math.min(room.width / width, room.height / height);
  return { width: width * scale, height: height * scale, scale };
}

interface Props extends Size {
  readonly boxes: readonly MapBox[];
  readonly view: Rect;
  readonly onGo: (point: Point) => void;
}

export function Minimap({ width, height, boxes, view, onGo }: Props) {
  const isDown = useRef(false);
  const { scale, ...size } = sizeOfMap({ width, height });
  const go = (event: PointerEvent) => {
    event.stopPropagation();
    const box = (event.currentTarget as Element).getBoundingClientRect();
    onGo({ x: (event.clientX - box.left) / scale, y: (event.clientY - box.top) / scale });
  };
  return (
    <svg
      class="minimap"
      {...size}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
      onPointerDown={(event) => {
        isDown.current = true;
        event.currentTarget.setPointerCapture(event.pointerId);
        go(event);
      }}
      onPointerMove={(event) => {
        if (isDown.current) go(event);
      }}
      onPointerUp={(event) => {
        event.stopPropagation();
        isDown.current = false;
      }}
    >
      {boxes.map(({ x, y, width: w, height: h, className }, index) => (
        <rect key={index} class={className} x={x} y={y} width={w} height={h} rx={6} />
      ))}
      <rect class="seen" x={view.x} y={view.y} width={view.width} height={view.height} />
    </svg>
  );
}
