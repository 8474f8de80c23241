// page-text.ts: the text of the page that is open: asked from the tree, followed while it is open, and bounded.

import { toError } from "../../contract/errors.ts";
import { textOf } from "../../contract/wording.ts";
import type { Ask } from "../control/ask.ts";
import type { JournalLine } from "../journal.ts";
import { type Explained, formatExplanation } from "../print/explanation.ts";
import { formatTime, withoutRoot } from "../print/format.ts";
import { harmless } from "../print/harmless.ts";
import type { LineFormat } from "../print/lines.ts";
import type { Style } from "../print/style.ts";
import { helpText } from "./help-text.ts";
import type { Page } from "./state.ts";

/** How many lines are asked for, and kept; a tenth more may be kept for a moment. */
const keptLines = 5_000;

export interface PageText {
  readonly lines: readonly string[];
  open(page: Page): void;
  close(): void;
  /** Called every second: asks again for what changes without a line. */
  tick(): void;
}

export interface PageTextOptions {
  readonly ask: Ask;
  readonly style: Style;
  readonly format: LineFormat;
  readonly ownsTree: boolean;
  onChange(): void;
  /** The first lines were dropped: so many. */
  onDrop(count: number): void;
}

export function createPageText({ ask, style, format, ownsTree, onChange, onDrop }: PageTextOptions): PageText {
  let lines: string[] = [];
  let page: Page | null = null;
  let ending = new AbortController();

  const add = (text: string) => {
    for (const line of text.split("\n")) lines.push(line.replaceAll("\t", "    "));
    if (lines.length > keptLines * 1.1) {
      const count = lines.length - keptLines;
      lines = lines.slice(count);
      onDrop(count);
    }
    onChange();
  };
  const explain = (path: string) => {
    const { signal } = ending;
    const show = (document: unknown) => {
      if (signal.aborted) return;
      lines = [];
      add(harmless(formatExplanation(document as Explained, style), style.hasColors));
    };
    ask({ verb: "explain", services: [withoutRoot(path)] }, show, signal).catch(report(signal));
  };
  const follow = (path: string | null) => {
    const { signal } = ending;
    const services = path === null ? [] : [withoutRoot(path)];
    const show = (document: unknown) => {
      if (!signal.aborted) add(formatLine(document as JournalLine | { dropped: number }, path !== null));
    };
    ask({ verb: "logs", services, lines: keptLines, follow: true }, show, signal).catch(report(signal));
  };
  const report = (signal: AbortSignal) => (error: unknown) => {
    if (!signal.aborted) add(style("yellow", harmless(textOf(toError(error)), false)));
  };
  /** A page about one service does not repeat its name. */
  const formatLine = (line: JournalLine | { dropped: number }, isOfOne: boolean) => {
    if ("dropped" in line) return format.dropped(line.dropped, Date.now(), style);
    if (!isOfOne) return format.output(line, style);
    const isWrong = line.stream === "stderr" || line.level === "error" || line.level === "warn";
    const mark = style(isWrong ? "red" : "dim", "│");
    return `${style("dim", formatTime(line.time))} ${mark} ${harmless(line.text, style.hasColors)}`;
  };

  return {
    get lines() {
      return lines;
    },
    open(opened) {
      this.close();
      page = opened;
      ending = new AbortController();
      if (opened.kind === "help") add(helpText(ownsTree, style).join("\n"));
      else if (opened.kind === "logs") follow(opened.path);
      else if (opened.path !== null) explain(opened.path);
    },
    close() {
      ending.abort();
      page = null;
      lines = [];
    },
    tick() {
      if (page?.kind === "explain" && page.path !== null) explain(page.path);
    },
  };
}
