// A long list that has only its visible rows in the document: a thousand rows cost as much as thirty.

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

interface Props {
  count: number;
  rowHeight: number;
  /** Renders the row at an index; the list sets its place. */
  children: (index: number) => ComponentChildren;
  /** The list scrolls to this index when it changes. */
  reveal?: number | null;
  /** Whether the list stays at its end while new rows come, unless the user has scrolled up. */
  follow?: boolean;
}

export function VirtualList({ count, rowHeight, children, reveal = null, follow = false }: Props) {
  const ref = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const isAtEnd = useRef(true);

  useLayoutEffect(() => {
    const element = ref.current!;
    const read = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const onScroll = () => {
      isAtEnd.current = element.scrollTop + element.clientHeight >= element.scrollHeight - rowHeight;
      read();
    };
    const observer = new ResizeObserver(read);
    observer.observe(element);
    element.addEventListener("scroll", onScroll, { passive: true });
    read();
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", onScroll);
    };
  }, [rowHeight]);

  useLayoutEffect(() => {
    const element = ref.current!;
    if (follow && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [count, follow, view.height]);

  useEffect(() => {
    if (reveal === null || reveal < 0) return;
    const element = ref.current!;
    const [top, bottom] = [reveal * rowHeight, (reveal + 1) * rowHeight];
    if (top < element.scrollTop) element.scrollTop = top - rowHeight;
    else if (bottom > element.scrollTop + element.clientHeight)
      element.scrollTop = bottom + rowHeight - element.clientHeight;
  }, [reveal, rowHeight]);

  const first = Math.max(0, Math.floor(view.top / rowHeight) - 6);
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + 6);
  const shown = [];
  for (let i = first; i < last; i++) shown.push(children(i));
  return (
    <div class="scroll" ref={ref} role="presentation">
      <div class="virtual" style={{ height: `${count * rowHeight}px` }} role="presentation">
        <div style={{ transform: `translateY(${first * rowHeight}px)` }} role="presentation">
          {shown}
        </div>
      </div>
    </div>
  );
}
