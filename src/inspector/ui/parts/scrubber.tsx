// The scrubber: the whole recorded history in one line, with its failures. Dragging it sets the page to a past moment, and
// does not touch the running tree.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { densityOf, tallOf } from "../model/density.ts";
import { countOf, formatClock, formatDuration, formatTime } from "../model/format.ts";
import type { History } from "../model/history.ts";
import { goToFailure } from "../model/moves.ts";
import { useStore, useTicks } from "../model/store.ts";
import { PinButton } from "./compared.tsx";
import { Icon } from "./icon.tsx";

export function Scrubber() {
  const store = useStore();
  // The clock goes on when nothing happens.
  useTicks(1_000);
  const history = store.history!;
  const { cursor } = store.choice;
  const moment = history.at(cursor);
  const isPast = cursor !== null;
  const at = isPast ? moment.at : history.now();
  const end = history.now();
  const span = Math.max(1, end - history.begin);
  const where = isPast ? moment.at - history.begin : span;
  const { player } = store;
  const isPointed = useRef(false);
  return (
    <footer class={`bottom ${isPast ? "past" : ""}`}>
      <FailureButton by={-1} />
      <button
        type="button"
        class="quiet"
        aria-label="One fact back"
        title="One fact back (,)"
        disabled={!history.isWhole}
        onClick={() => store.step(-1)}
      >
        <Icon name="back" />
      </button>
      <button
        type="button"
        class="quiet"
        aria-label={player.isPlaying ? "Pause" : "Play from here"}
        title="Play (Space)"
        disabled={!isPast}
        onClick={() => player.toggle()}
      >
        <Icon name={player.isPlaying ? "pause" : "play"} />
      </button>
      <button
        type="button"
        class="quiet"
        aria-label="One fact on"
        title="One fact on (.)"
        disabled={!isPast}
        onClick={() => store.step(1)}
      >
        <Icon name="on" />
      </button>
      <FailureButton by={1} />
      <div class="scrub">
        <Marks history={history} begin={history.begin} span={span} />
        <input
          type="range"
          min={0}
          max={Math.ceil(span)}
          step={1}
          value={Math.round(where)}
          aria-label="Moment of the history"
          disabled={!history.isWhole}
          aria-valuetext={isPast ? `${formatDuration(end - at)} ago` : "now"}
          onKeyDown={(event) => {
            const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
            if (by === undefined) return;
            event.preventDefault();
            player.pause();
            store.step(by);
          }}
          onPointerDown={() => {
            isPointed.current = true;
          }}
          onPointerUp={() => {
            isPointed.current = false;
          }}
          onInput={(event) => {
            player.pause();
            const wanted = Number(event.currentTarget.value);
            const reach = isPointed.current ? (span / event.currentTarget.clientWidth) * snapPixels : -1;
            store.goTo(wanted >= span - 1 ? null : nearest(history, history.begin + wanted, reach));
          }}
        />
      </div>
      <span class="when" title={isPast ? `fact ${moment.n} of ${history.head}` : "now"}>
        {formatTime(at + history.wallOffset)}
      </span>
      <span class="muted wide-only when">{isPast ? `${formatDuration(end - at)} ago` : keptOf(history)}</span>
      <PinButton />
      {isPast && (
        <select
          class="wide-only"
          aria-label="Speed"
          value={player.speed}
          onChange={(event) => {
            player.speed = Number(event.currentTarget.value);
          }}
        >
          {[0.25, 1, 4, 16].map((speed) => (
            <option key={speed} value={speed}>{`${speed} ×`}</option>
          ))}
        </select>
      )}
      <button
        type="button"
        class={isPast ? "primary" : ""}
        aria-pressed={!isPast && !store.isStale}
        onClick={() => store.goTo(null)}
      >
        <Icon name="live" />
        {store.isLive ? "Live" : "End"}
      </button>
    </footer>
  );
}

function keptOf({ isWhole, entries, begin, wallOffset }: History): string {
  if (!isWhole) return "the facts before are on their way";
  return `${countOf(entries.length, "fact")} kept, since ${formatClock(begin + wallOffset)}`;
}

/** How near to a failure the pointer must be to go to it. */
const snapPixels = 4;

/** The failure beside a time, or the last fact at or before it. */
function nearest(history: History, at: number, reach: number): number {
  const n = history.findAt(at);
  const beside = [history.failureFrom(n + 1, -1), history.failureFrom(n, 1)].filter((one) => one !== undefined);
  const [best] = beside
    .map((one) => ({ one, distance: Math.abs(history.entry(one)!.at - at) }))
    .filter(({ distance }) => distance <= reach)
    .sort((a, b) => a.distance - b.distance);
  return best?.one ?? n;
}

function FailureButton({ by }: { by: 1 | -1 }) {
  const store = useStore();
  const { cursor } = store.choice;
  const label = by === -1 ? "The crash before ([)" : "The crash after (])";
  const isThere = store.history!.failureFrom(cursor ?? store.history!.head + 1, by) !== undefined;
  return (
    <button
      type="button"
      class="quiet wide-only failure"
      aria-label={label}
      title={label}
      disabled={!isThere}
      onClick={() => goToFailure(by)}
    >
      <Icon name={by === -1 ? "first" : "lastOne"} />
    </button>
  );
}

/** Draws how much happened when, and how many failures. */
function Marks({ history, begin, span }: { history: History; begin: number; span: number }) {
  const ref = useRef<HTMLCanvasElement>(null);
  const drawnAt = useRef(Number.NEGATIVE_INFINITY);
  const [width, setWidth] = useState(300);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(entry!.contentRect.width));
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    const canvas = ref.current!;
    const drawNow = () => {
      drawnAt.current = performance.now();
      draw(canvas, width, history, begin, span);
    };
    // Twice a second is enough for a picture this small.
    const wait = drawnAt.current + 500 - performance.now();
    if (wait <= 0 || canvas.width !== Math.round(width * devicePixelRatio)) return drawNow();
    const timer = setTimeout(drawNow, wait);
    return () => clearTimeout(timer);
  });
  return <canvas ref={ref} />;
}

const height = 28;

function draw(canvas: HTMLCanvasElement, width: number, history: History, begin: number, span: number): void {
  const ratio = devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = height * ratio;
  const context = canvas.getContext("2d")!;
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const { facts, failures } = densityOf(history.entries, begin, span, Math.max(1, Math.floor(width / 3)));
  const [most, mostFailures] = [Math.max(...facts), Math.max(...failures)];
  const base = height - 4;
  const [quiet, bad] = [style.getPropertyValue("--line-strong"), style.getPropertyValue("--failed")];
  context.fillStyle = quiet;
  context.fillRect(0, base, width, 1);
  for (const [column, count] of facts.entries()) {
    if (count === 0) continue;
    const tall = tallOf(count, most, 3, 9);
    context.fillStyle = quiet;
    context.fillRect(column * 3, base - tall, 2, tall);
    // The row above: the more failures, the higher.
    const wrong = tallOf(failures[column]!, mostFailures, 2, 7);
    context.fillStyle = bad;
    context.fillRect(column * 3, 11 - wrong, 2, wrong);
  }
}
