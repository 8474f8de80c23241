// How `up` tells what happens: lines, lines above a live list, or documents. One of the three per run.

import type { Update } from "../../contract/updates.ts";
import type { Supervisor } from "../../index.ts";
import type { Journal, JournalLine } from "../journal.ts";
import type { Tally } from "./tally.ts";

export interface Printer {
  /** A line that a service or the tree said. */
  line(line: JournalLine): void;
  update(update: Update): void;
  /** What the command itself has to say. */
  notice(text: string): void;
  /** Every second: long waits, and what shows the time. */
  tick(): void;
  /** The last word: the run is over. */
  end(result: RunResult): void;
}

export interface RunResult {
  readonly exitCode: number;
  /** "stopped as asked", "failed", … */
  readonly outcome: string;
  /** Why it failed: what, and what caused it. */
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
