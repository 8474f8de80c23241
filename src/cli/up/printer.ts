// printer.ts: the interface of the three printers of `up` (plain lines, a live list, JSON); a run uses one of them.

import type { Update } from "../../contract/updates.ts";
import type { Supervisor } from "../../index.ts";
import type { Journal, JournalLine, Piece } from "../journal.ts";
import type { Tally } from "./tally.ts";

export interface Printer {
  /** A line that a service or the tree wrote. */
  line(line: JournalLine): void;
  /** Of a printer that shows lines in place until they end: called for each piece of a line instead of `line`. */
  piece?(piece: Piece): void;
  update(update: Update): void;
  /** A message of the command itself. */
  notice(text: string): void;
  /** Called every second: prints long waits, and renews what shows the time. */
  tick(): void;
  /** Prints the summary: the run is over. Waits for the reader of the output, at most `goodbyeMs`. */
  end(result: RunResult): Promise<void>;
}

/** How long the reader of the output may take to read the end, in milliseconds. */
export const goodbyeMs = 1_000;

export interface RunResult {
  readonly exitCode: number;
  /** "stopped as asked", "failed", … */
  readonly outcome: string;
  /** Why it failed: the error, then what caused it. */
  readonly reasons: readonly string[];
  readonly ranMs: number;
  readonly tally: Tally;
}

export interface Stage {
  readonly supervisor: Supervisor;
  readonly journal: Journal;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}
