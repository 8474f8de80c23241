// painter.ts: draws on a terminal, and writes only what has changed: lines at the bottom below those that scroll by, or a
// page that fills the screen.

import { lengthOf } from "../print/table.ts";
import type { Size } from "./list.ts";

const csi = "\u001b[";
const [hideCursor, showCursor] = [`${csi}?25l`, `${csi}?25h`];
// A line with characters of double width may be longer than it seems: it is cut by the terminal, and does not wrap.
const [noWrap, withWrap] = [`${csi}?7l`, `${csi}?7h`];
const [toPage, fromPage] = [`${csi}?1049h`, `${csi}?1049l`];
const [eraseLine, eraseBelow] = [`${csi}K`, `${csi}J`];

export interface Painter {
  /** Draws lines below what has scrolled by; no line is longer than the terminal. */
  bottom(lines: readonly string[]): void;
  /** Erases them: other lines may be written now. */
  clear(): void;
  /** Draws a page; as many lines as the screen has. */
  page(lines: readonly string[]): void;
  leavePage(): void;
  /** What the screen shows is not known any more: everything is drawn again. */
  forget(): void;
}

export function createPainter(stream: NodeJS.WriteStream, size: () => Size): Painter {
  /** The lines at the bottom. The cursor stays in the last one: terminals move it with its line when they change width. */
  let shown: readonly string[] = [];
  let columns = 0;
  let onPage: readonly string[] | null = null;

  /** The rows that the lines take by now: a terminal that became narrower has wrapped them. */
  const height = () => {
    const now = size().columns;
    return now >= columns
      ? shown.length
      : shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(lengthOf(line) / now)), 0);
  };
  const toTop = (rows: number) => (rows > 1 ? `\r${csi}${rows - 1}A` : "\r");

  return {
    bottom(lines) {
      if (columns !== size().columns) this.clear();
      if (lines.length === shown.length && lines.every((line, i) => line === shown[i])) return;
      const parts = lines.map((line, i) => (line === shown[i] && i < lines.length - 1 ? "" : `${line}${eraseLine}`));
      const rest = lines.length < shown.length ? eraseBelow : "";
      stream.write(`${hideCursor}${noWrap}${toTop(shown.length)}${parts.join("\n")}${rest}${withWrap}`);
      shown = lines;
      columns = size().columns;
    },
    clear() {
      if (shown.length > 0) stream.write(`${toTop(height())}${eraseBelow}${showCursor}`);
      shown = [];
    },
    page(lines) {
      const before = onPage;
      const begin = before === null ? toPage : "";
      const parts = lines.flatMap((line, i) => (before?.[i] === line ? [] : [`${csi}${i + 1};1H${line}${eraseLine}`]));
      if (begin !== "" || parts.length > 0) stream.write(`${begin}${hideCursor}${noWrap}${parts.join("")}${withWrap}`);
      onPage = lines;
    },
    leavePage() {
      if (onPage !== null) stream.write(`${fromPage}${showCursor}`);
      onPage = null;
    },
    forget() {
      if (onPage !== null) {
        stream.write(`${csi}2J`);
        onPage = [];
      }
    },
  };
}

/** What puts a terminal back as it was, whatever it shows. */
export const restoration = (isOnPage: boolean): string => `${isOnPage ? fromPage : ""}${withWrap}${showCursor}`;
