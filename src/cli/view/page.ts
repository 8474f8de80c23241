// page.ts: a full screen of text as lines: the output of a service, why it is in its state, or the keys.

import { withoutRoot } from "../print/format.ts";
import type { Style } from "../print/style.ts";
import { cut } from "../print/table.ts";
import { formatHints, pageKeys } from "./keys.ts";
import type { Size } from "./list.ts";
import { holds } from "./search.ts";
import type { Page, ViewState } from "./state.ts";
import { lastTopOf, wrap } from "./wrap.ts";

/** The part of the screen that holds the text. */
export function textSize({ columns, rows }: Size): { width: number; height: number } {
  return { width: Math.max(4, columns - 1), height: Math.max(1, rows - 1) };
}

/** Exactly as many lines as the screen has. */
export function drawPage(
  state: ViewState & { page: Page },
  text: readonly string[],
  { size, style }: { size: Size; style: Style },
): string[] {
  const { page } = state;
  const { width, height } = textSize(size);
  const top = page.top ?? lastTopOf(text, { width, height });
  const shown: string[] = [];
  let bottom = top;
  for (; bottom < text.length && shown.length < height; bottom++) {
    shown.push(...wrap(marked(text[bottom]!, page, bottom, style), width));
  }
  // A line that is longer than the screen is shown to its end while the page follows.
  const visible = page.top === null ? shown.slice(-height) : shown.slice(0, height);
  const blank = Array.from({ length: height - visible.length }, () => "");
  const place = text.length === 0 ? "nothing yet" : `${top + 1}-${bottom} of ${text.length}`;
  return [...visible, ...blank, cut(lastLine(state, { place, width, style }), width)];
}

function marked(line: string, { search, match }: Page, at: number, style: Style): string {
  if (search === "" || !holds(line, search)) return line;
  // A sign, too: it is enough without colour.
  return at === match ? `${style("cyan", "❯ ")}${style("inverse", line)}` : `${style("cyan", "› ")}${line}`;
}

function lastLine(
  { page, prompt, message }: ViewState & { page: Page },
  { place, width, style }: { place: string; width: number; style: Style },
): string {
  if (prompt !== null) return `/${prompt.text}▏`;
  if (message !== null) return style("yellow", message);
  const follows = page.kind === "logs" && page.top === null ? ", follows" : "";
  const where = `${titleOf(page)} ${place}${follows}`;
  return `${style("bold", where)}  ${style("dim", formatHints(pageKeys, width - where.length - 2))}`;
}

function titleOf({ kind, path }: Page): string {
  if (kind === "help") return "keys";
  return path === null ? kind : `${kind} ${withoutRoot(path)}`;
}
