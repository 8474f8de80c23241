// The edge of a panel that changes its width, by dragging and by the arrow keys.

import { useRef } from "preact/hooks";

interface Props {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly onChange: (value: number) => void;
}

export function Grip({ label, value, least, most, onChange }: Props) {
  const from = useRef<{ x: number; value: number } | null>(null);
  const set = (wanted: number) => onChange(Math.round(Math.min(most, Math.max(least, wanted))));
  return (
    <div
      class="grip"
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={value}
      aria-valuemin={least}
      aria-valuemax={most}
      tabIndex={0}
      onPointerDown={(event) => {
        from.current = { x: event.clientX, value };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (from.current !== null) set(from.current.value + from.current.x - event.clientX);
      }}
      onPointerUp={() => {
        from.current = null;
      }}
      onKeyDown={(event) => {
        const by = event.key === "ArrowLeft" ? 20 : event.key === "ArrowRight" ? -20 : 0;
        if (by === 0) return;
        event.preventDefault();
        event.stopPropagation();
        set(value + by);
      }}
    />
  );
}
