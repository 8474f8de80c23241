// A long list that has only its visible rows in the document: a thousand rows cost as much as thirty.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { countOf } from "../model/format.ts";
import { revealTop } from "../model/reveal.ts";

interface Props {
  count: number;
  rowHeight: number;
  /** Renders the row at an index; the list sets its place. */
  children: (index: number) => ComponentChildren;
  /** The list scrolls to this index when it changes. */
  reveal?: number | null;
  /** A row that is revealed comes to the middle, even if it is one of the next. */
  isCentred?: boolean;
  /** Whether the list stays at its end while new rows come, unless the user has scrolled up. */
  follow?: boolean;
  /** Called with the first and the last visible index when they change. */
  onRange?: (first: number, last: number) => void;
  /** The role of what scrolls: it has the focus of no key, and may not be presentational. */
  role: "rowgroup" | "group" | "list";
  label?: string;
  /** Drawn over all rows, with the place of the first row as origin. */
  overlay?: ComponentChildren;
}

/** How many rows beyond the visible ones are drawn. */
const overscan = 6;

export function VirtualList({
  count,
  rowHeight,
  children,
  reveal = null,
  isCentred = false,
  follow = false,
  onRange,
  role,
  label,
  overlay,
}: Props) {
  const ref = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const isAtEnd = useRef(true);
  /** How many rows there were when the user scrolled up. */
  const [left, setLeft] = useState<number | null>(null);

  const read = () => {
    const { scrollTop: top, clientHeight: height } = ref.current!;
    setView((old) => (old.top === top && old.height === height ? old : { top, height }));
  };
  useLayoutEffect(() => {
    const element = ref.current!;
    const onScroll = () => {
      isAtEnd.current = element.scrollTop + element.clientHeight >= element.scrollHeight - rowHeight;
      setLeft((old) => (isAtEnd.current ? null : (old ?? Math.round(element.scrollHeight / rowHeight))));
      // At the end of a list that follows, the place is known without asking for it.
      if (!isAtEnd.current || !following.current) read();
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

  // The rows at the end are drawn at once: neither a blank frame nor a second layout comes between.
  const following = useRef(false);
  following.current = follow && isAtEnd.current;
  const top = following.current ? Math.max(0, count * rowHeight - view.height) : view.top;

  const scrollTo = (top: number) => {
    ref.current!.scrollTop = top;
    read();
  };
  useLayoutEffect(() => {
    if (following.current) ref.current!.scrollTop = count * rowHeight;
    // While it followed, the place was not asked for.
    else if (!follow) read();
  }, [count, follow, view.height]);

  useLayoutEffect(() => {
    if (reveal === null || reveal < 0) return;
    const { scrollTop, clientHeight } = ref.current!;
    const top = revealTop(reveal, { top: scrollTop, height: clientHeight, rowHeight }, isCentred);
    if (top !== null) scrollTo(top);
  }, [reveal, rowHeight, isCentred]);

  const [seenFirst, seenLast] = [Math.floor(top / rowHeight), Math.ceil((top + view.height) / rowHeight)];
  useLayoutEffect(() => onRange?.(seenFirst, Math.min(count, seenLast)), [seenFirst, seenLast, count]);

  const first = Math.max(0, seenFirst - overscan);
  const last = Math.min(count, seenLast + overscan);
  const shown = [];
  for (let i = first; i < last; i++) shown.push(children(i));
  const newer = left === null ? 0 : count - left;
  return (
    <>
      <div class="scroll" ref={ref} role={role} {...(label !== undefined && { "aria-label": label })} tabIndex={-1}>
        <div class="virtual" style={{ height: `${count * rowHeight}px` }} role="presentation">
          <div style={{ transform: `translateY(${first * rowHeight}px)` }} role="presentation">
            {shown}
          </div>
          {overlay}
        </div>
      </div>
      {follow && newer > 0 && (
        <button type="button" class="newer" onClick={() => scrollTo(count * rowHeight)}>
          ↓ {countOf(newer, "newer line")}
        </button>
      )}
    </>
  );
}
