// wrap.ts: breaks the lines of a page into rows of the terminal.

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
const colour = /^\u001b\[[0-9;]*m$/;

/** The rows of a line, each at most `width` characters; colours go on in the next row, and end with each. At least one. */
export function wrap(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  const rows: string[] = [];
  let row = "";
  let length = 0;
  let colours = "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  for (const [part] of line.matchAll(/\u001b\[[0-9;]*m|./gsu)) {
    if (colour.test(part)) {
      row += part;
      colours = part === "\u001b[0m" ? "" : colours + part;
      continue;
    }
    if (length === width) {
      rows.push(colours === "" ? row : `${row}\u001b[0m`);
      row = colours;
      length = 0;
    }
    row += part;
    length++;
  }
  return [...rows, row];
}

/** The first of the lines that fill the last `height` rows. */
export function lastTopOf(lines: readonly string[], { width, height }: { width: number; height: number }): number {
  let left = height;
  for (let at = lines.length - 1; at >= 0; at--) {
    left -= wrap(lines[at]!, width).length;
    if (left < 0) return Math.min(at + 1, lines.length - 1);
  }
  return 0;
}
