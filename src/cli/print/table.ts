// table.ts: columns of text, each as wide as its widest cell.

import { stripVTControlCharacters } from "node:util";

export type Align = "left" | "right";

/** One line for each row, without blanks at its end. Cells may hold colours; numbers are best aligned "right". */
export function formatTable(rows: readonly (readonly string[])[], align: readonly Align[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, lengthOf(cell));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 && align[i] !== "right" ? cell : pad(cell, widths[i]!, align[i])))
      .join("  ")
      .trimEnd(),
  );
}

function pad(cell: string, width: number, align: Align = "left"): string {
  const blanks = " ".repeat(Math.max(0, width - lengthOf(cell)));
  return align === "right" ? blanks + cell : cell + blanks;
}

export function lengthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}
