// backlog.ts: lines that wait to be written above the list. They are formatted when they are written, so that lines which are
// dropped cost little, and the oldest are dropped first.

export interface Waiting {
  readonly stream: NodeJS.WriteStream;
  /** About as long as its text. */
  readonly length: number;
  format(): string;
}

export interface Backlog {
  add(line: Waiting): void;
  /** The lines, oldest first, and how many were dropped before them. With `wanted` those alone; others stay. */
  take(wanted?: (line: Waiting) => boolean): { lines: readonly Waiting[]; dropped: number };
}

/** `most`: how much text may wait, in characters. */
export function createBacklog(most: number): Backlog {
  let waiting: Waiting[] = [];
  let length = 0;
  let dropped = 0;

  /** Drops half of it at once: one by one would take long under a flood. */
  function drop(): void {
    let count = 0;
    while (length > most / 2 && count < waiting.length - 1) length -= waiting[count++]!.length;
    waiting = waiting.slice(count);
    dropped += count;
  }

  return {
    add(line) {
      waiting.push(line);
      length += line.length;
      if (length > most) drop();
    },
    take(wanted = () => true) {
      const lines = waiting.filter(wanted);
      waiting = lines.length === waiting.length ? [] : waiting.filter((line) => !wanted(line));
      length = waiting.reduce((sum, line) => sum + line.length, 0);
      const before = dropped;
      dropped = 0;
      return { lines, dropped: before };
    },
  };
}
