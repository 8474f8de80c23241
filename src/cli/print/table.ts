// table.ts: columns of text, each as wide as its widest cell, and no line longer than the terminal.

import { stripVTControlCharacters } from "node:util";

export type Align = "left" | "right";

export interface TableOptions {
  /** Numbers are best aligned "right". Default: all left. */
  readonly align?: readonly Align[];
  /** The longest line. Default: no limit. */
  readonly width?: number;
  /** Columns, by their number, that a narrow terminal does without; the first of them goes first. */
  readonly spare?: readonly number[];
}

/** What the last column needs to be of use, in characters: it is cut, or left out where it would have less. */
const leastOfLast = 16;
const gap = 2;

/** One line for each row, without blanks at its end. Cells may hold colours. */
export function formatTable(rows: readonly (readonly string[])[], options: TableOptions = {}): string[] {
  const { align = [], width = Number.POSITIVE_INFINITY, spare = [] } = options;
  const widths = widthsOf(rows);
  const columns = chooseColumns(widths, width, spare);
  const last = columns.at(-1);
  return rows.map((row) => {
    const cells = columns.map((i) => {
      const cell = row[i] ?? "";
      return i === last && align[i] !== "right" ? cell : pad(cell, widths[i]!, align[i]);
    });
    return cut(cells.join(" ".repeat(gap)).trimEnd(), width);
  });
}

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, lengthOf(cell));
    });
  }
  return widths;
}

/** The numbers of the columns that fit: all, or else without the spare ones, or else without the last one, too. */
function chooseColumns(widths: readonly number[], width: number, spare: readonly number[]): number[] {
  const last = widths.length - 1;
  const need = (columns: readonly number[]) =>
    columns.reduce((sum, i) => sum + (i === last ? Math.min(widths[i]!, leastOfLast) : widths[i]!) + gap, -gap);
  let columns = widths.map((_, i) => i);
  for (const one of [...spare, ...(spare.length > 0 ? [last] : [])]) {
    if (need(columns) <= width) break;
    columns = columns.filter((i) => i !== one);
  }
  return columns;
}

function pad(cell: string, width: number, align: Align = "left"): string {
  const blanks = " ".repeat(Math.max(0, width - lengthOf(cell)));
  return align === "right" ? blanks + cell : cell + blanks;
}

export function lengthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** A text of at most `width` characters; its colours count nothing, and end with it. */
export function cut(text: string, width: number): string {
  if (lengthOf(text) <= width) return text;
  let left = Math.max(0, width - 1);
  let kept = "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  for (const [part] of text.matchAll(/\u001b\[[0-9;]*m|./gsu)) {
    const isColour = part.length > 1 && part.startsWith("\u001b");
    if (!isColour && left-- <= 0) return `${kept}…${kept.includes("\u001b") ? "\u001b[0m" : ""}`;
    kept += part;
  }
  return kept;
}

/** How many columns a terminal has; undefined for what is none. */
export function columnsOf(stream: NodeJS.WriteStream): number | undefined {
  return stream.isTTY ? stream.columns || 80 : undefined;
}
