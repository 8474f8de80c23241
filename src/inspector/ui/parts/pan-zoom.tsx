// A picture that the user can move and enlarge by dragging, by the wheel and by the keys + − 0. It begins as large as fits.

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icon.tsx";

interface Props {
  /** Identifies the picture: a new one begins as large as fits. */
  pictureKey: string;
  width: number;
  height: number;
  label: string;
  children: ComponentChildren;
}

interface Camera {
  x: number;
  y: number;
  zoom: number;
}

const [least, most] = [0.15, 3];

export function PanZoom({ pictureKey, width, height, label, children }: Props) {
  const ref = useRef<HTMLDivElement>(null);
  const [camera, setCamera] = useState<Camera | null>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const drag = useRef<{ x: number; y: number; camera: Camera } | null>(null);

  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setSize(entry!.contentRect));
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, []);

  useEffect(() => setCamera(null), [pictureKey]);

  const fitted = toFitted(width, height, size);
  const { x, y, zoom } = camera ?? fitted;

  const zoomBy = (factor: number, at = { x: size.width / 2, y: size.height / 2 }) => {
    setCamera((old) => {
      const from = old ?? fitted;
      const to = Math.min(most, Math.max(least, from.zoom * factor));
      const scale = to / from.zoom;
      return { zoom: to, x: at.x - (at.x - from.x) * scale, y: at.y - (at.y - from.y) * scale };
    });
  };

  useEffect(() => {
    const element = ref.current!;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const box = element.getBoundingClientRect();
      if (event.ctrlKey || event.metaKey || !event.shiftKey) {
        zoomBy(Math.exp(-event.deltaY * 0.0015), { x: event.clientX - box.left, y: event.clientY - box.top });
      }
    };
    const onKey = (event: KeyboardEvent) => {
      if ((event.target as HTMLElement).matches("input, select")) return;
      if (event.key === "+" || event.key === "=") zoomBy(1.25);
      else if (event.key === "-") zoomBy(0.8);
      else if (event.key === "0") setCamera(null);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    addEventListener("keydown", onKey);
    return () => {
      element.removeEventListener("wheel", onWheel);
      removeEventListener("keydown", onKey);
    };
  });

  return (
    <div
      class="pan-zoom"
      ref={ref}
      role="presentation"
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        drag.current = { x: event.clientX, y: event.clientY, camera: { x, y, zoom } };
      }}
      onPointerMove={(event) => {
        const from = drag.current;
        if (from === null) return;
        const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
        // A click may move by a few pixels.
        if (Math.hypot(dx, dy) < 4) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setCamera({ ...from.camera, x: from.camera.x + dx, y: from.camera.y + dy });
      }}
      onPointerUp={() => {
        drag.current = null;
      }}
      onPointerCancel={() => {
        drag.current = null;
      }}
    >
      <svg role="group" aria-label={label} width="100%" height="100%">
        <g transform={`translate(${x.toFixed(2)} ${y.toFixed(2)}) scale(${zoom.toFixed(4)})`}>{children}</g>
      </svg>
      <div class="group zoom">
        <button type="button" aria-label="Smaller" onClick={() => zoomBy(0.8)}>
          <Icon name="minus" />
        </button>
        <button type="button" aria-label="Fit" onClick={() => setCamera(null)}>
          <Icon name="fit" />
        </button>
        <button type="button" aria-label="Larger" onClick={() => zoomBy(1.25)}>
          <Icon name="plus" />
        </button>
      </div>
    </div>
  );
}

function toFitted(width: number, height: number, size: { width: number; height: number }): Camera {
  if (size.width === 0 || width === 0) return { x: 0, y: 0, zoom: 1 };
  const zoom = Math.max(least, Math.min(1.25, (size.width - 24) / width, (size.height - 24) / height));
  // A picture that is too large begins at its upper left corner.
  return { zoom, x: Math.max(12, (size.width - width * zoom) / 2), y: Math.max(12, (size.height - height * zoom) / 2) };
}
