// view.ts: the live view on a terminal: lines that scroll by above a list of the services, pages of text, and keys.
//
// It shows a tree of this process (`up`), or one of another (`attach`): its caller passes on what happens there.

import { writeSync } from "node:fs";
import { standingOf } from "../../contract/states.ts";
import type { Ask } from "../control/ask.ts";
import type { Piece } from "../journal.ts";
import type { Change } from "../print/changes.ts";
import { createLineFormat, type NamedTree } from "../print/lines.ts";
import { createStyle } from "../print/style.ts";
import { createBacklog, type Waiting } from "./backlog.ts";
import { change } from "./change.ts";
import { type Keyboard, readKeyboard } from "./keyboard.ts";
import { drawList, type Look, rowsOf } from "./list.ts";
import { drawPage, textSize } from "./page.ts";
import { createPageText } from "./page-text.ts";
import { createPainter, restoration } from "./painter.ts";
import { type Effect, initialState, type Surroundings, step } from "./state.ts";
import { lastTopOf } from "./wrap.ts";

/** How long changes are gathered before the screen is drawn again, in milliseconds. */
const drawMs = 60;
/** How long to wait before the next look at a terminal that has not taken what was written, in milliseconds. */
const busyMs = 250;
/** The most text that waits for a slow terminal, or while a page is open, in characters. */
const maxWaiting = 1_000_000;

export interface View {
  /** A piece of a line of output; a line that has not ended is shown in place. */
  piece(piece: Pick<Piece, "line" | "whole">): void;
  change(change: Change, time: number): void;
  notice(text: string): void;
  /** Lines that were left out before they came here. */
  dropped(count: number): void;
  /** The tree has changed. */
  drawSoon(): void;
  /** Called every second. */
  tick(): void;
  /** Writes the lines that wait, and leaves the terminal as it was. */
  close(): void;
}

export interface ViewOptions {
  readonly tree: NamedTree;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** null: no keys are read. */
  readonly stdin: NodeJS.ReadStream | null;
  /** Whether leaving stops the tree. */
  readonly ownsTree: boolean;
  readonly ask: Ask;
  /** How the tree is now; null while that is not known. */
  look(): Look | null;
  /** The user wants to leave. */
  onLeave(): void;
}

export function createView({ tree, stdout, stderr, stdin, ownsTree, ask, look, onLeave }: ViewOptions): View {
  const style = createStyle(stderr);
  const format = createLineFormat(tree);
  const size = () => ({ columns: stderr.columns || 80, rows: stderr.rows || 24 });
  const painter = createPainter(stderr, size);
  const backlog = createBacklog(maxWaiting);
  /** The lines that have not ended: prompts and progress bars. */
  const unended = new Map<string, Piece["line"]>();
  const text = createPageText({ ask, style, format, ownsTree, onChange: drawSoon, onDrop: shiftPage });
  let state = initialState;
  let timer: NodeJS.Timeout | undefined;
  let keyboard: Keyboard | null = null;
  let isClosed = false;
  let isStopping = false;

  function drawSoon(): void {
    if (!isClosed) timer ??= setTimeout(draw, drawMs);
  }

  /** A terminal that is paused, or slow, is not drawn on: the changes gather, and what does not fit is dropped. */
  function draw(): void {
    timer = undefined;
    if (stdout.writableLength + stderr.writableLength > 0) {
      timer = setTimeout(draw, busyMs);
      return;
    }
    const now = look();
    // The stop of the tree is to be seen.
    if (ownsTree && now?.tree.state === "stopping" && !isStopping) {
      isStopping = true;
      closePage();
    }
    flush();
    const { page } = state;
    if (page !== null) return painter.page(drawPage({ ...state, page }, text.lines, { size: size(), style }));
    painter.leavePage();
    if (now === null) return;
    const lines = [...unended.values()].map((line) => format.output(line, style).replaceAll("\t", "    "));
    painter.bottom(
      drawList(now, state, { size: size(), style, takesKeys: keyboard?.isOn === true, ownsTree, unended: lines }),
    );
  }

  /** While a page fills the screen, only what goes elsewhere is written. */
  function flush(): void {
    const isElsewhere = ({ stream }: Waiting) => !stream.isTTY;
    const { lines, dropped } = state.page === null ? backlog.take() : backlog.take(isElsewhere);
    if (lines.length === 0 && dropped === 0) return;
    if (state.page === null) {
      painter.leavePage();
      painter.clear();
    }
    if (dropped > 0) stderr.write(`${format.dropped(dropped, Date.now(), style)}\n`);
    for (const line of lines) line.stream.write(`${line.format()}\n`);
  }

  function add(stream: NodeJS.WriteStream, length: number, format: () => string): void {
    backlog.add({ stream, length, format });
    drawSoon();
  }

  function addNow(toText: (time: number) => string): void {
    const time = Date.now();
    add(stderr, 100, () => toText(time));
  }

  /** The lines of the page that were dropped are not counted any more. */
  function shiftPage(count: number): void {
    if (state.page === null) return;
    const shift = (at: number | null) => (at === null ? null : Math.max(0, at - count));
    state = { ...state, page: { ...state.page, top: shift(state.page.top), match: shift(state.page.match) } };
  }

  function onKey(key: string): void {
    const [next, ...effects] = step(state, key, surroundings());
    state = next;
    for (const effect of effects) carryOut[effect.type](effect as never);
    drawSoon();
  }

  function surroundings(): Surroundings {
    const now = look();
    const { width, height } = textSize(size());
    const rows = now === null ? [] : rowsOf(now, state).map(({ report }) => report);
    return {
      ownsTree,
      isStopping: now?.tree.state === "stopping",
      rows: rows.map(({ path, state, phase }) => ({
        path,
        isOn: standingOf(state, phase).hasCode || state === "backoff" || state === "starting",
      })),
      lines: text.lines,
      height,
      lastTop: state.page === null ? 0 : lastTopOf(text.lines, { width, height }),
    };
  }

  const carryOut: { readonly [Type in Effect["type"]]: (effect: Extract<Effect, { type: Type }>) => void } = {
    open: ({ page }) => text.open(page),
    close: () => text.close(),
    leave: onLeave,
    change: async ({ verb, path }) => {
      for await (const message of change(ask, verb, path)) {
        state = { ...state, message };
        drawSoon();
      }
    },
    redraw: repaint,
  };

  function closePage(): void {
    text.close();
    state = { ...state, page: null, prompt: null };
  }

  function repaint(): void {
    painter.clear();
    painter.forget();
    drawSoon();
  }

  function suspend(): void {
    painter.leavePage();
    painter.clear();
  }

  /** At an exit nothing is written later. */
  function restore(): void {
    try {
      writeSync(2, restoration(state.page !== null));
    } catch {
      // The terminal has gone, or takes nothing.
    }
  }

  if (stdin !== null) keyboard = readKeyboard({ stdin, onKey, onExit: restore, onSuspend: suspend, onReturn: repaint });
  stderr.on("resize", repaint);

  return {
    piece({ line, whole }) {
      const key = `${line.stream} ${line.path}`;
      if (line.part) {
        unended.set(key, { ...line, text: whole });
        return drawSoon();
      }
      unended.delete(key);
      const stream = line.stream === "stderr" || line.stream === "tree" ? stderr : stdout;
      add(stream, whole.length, () => format.output({ ...line, text: whole }, style));
    },
    change: (change, time) => add(stderr, change.text.length, () => format.change(change, time, style)),
    notice: (text) => addNow((time) => format.notice(text, time, style)),
    dropped: (count) => addNow((time) => format.dropped(count, time, style)),
    drawSoon,
    tick() {
      text.tick();
      drawSoon();
    },
    close() {
      clearTimeout(timer);
      isClosed = true;
      closePage();
      flush();
      painter.leavePage();
      painter.clear();
      keyboard?.close();
      stderr.off("resize", repaint);
    },
  };
}
