// search.ts: finds a text in the lines of a page.

import { stripVTControlCharacters } from "node:util";

/** Capitals in `text` make case count. */
export function holds(line: string, text: string): boolean {
  const plain = stripVTControlCharacters(line);
  return /\p{Lu}/u.test(text) ? plain.includes(text) : plain.toLowerCase().includes(text);
}

/** The number of the next line after `from`, or before it, that holds `text`; beyond the end it goes on at the other. */
export function findMatch(lines: readonly string[], text: string, from: number, direction: 1 | -1): number | undefined {
  for (let i = 1; i <= lines.length; i++) {
    const at = (((from + direction * i) % lines.length) + lines.length) % lines.length;
    if (holds(lines[at]!, text)) return at;
  }
  return undefined;
}
