// density.ts: how much happened when, for a line that has no room for a mark per fact.

import type { Entry } from "../../shared/protocol.ts";
import { isFailure } from "./facts.ts";

export interface Density {
  /** How many facts each column has. */
  readonly facts: Float64Array;
  /** How many of them are failures. */
  readonly failures: Float64Array;
}

/** Divides the time from `begin` on into `columns` equal parts; a fact outside of it counts for the nearest. */
export function densityOf(entries: readonly Entry[], begin: number, span: number, columns: number): Density {
  const facts = new Float64Array(columns);
  const failures = new Float64Array(columns);
  for (const entry of entries) {
    const column = Math.min(columns - 1, Math.max(0, Math.floor(((entry.at - begin) / span) * columns)));
    facts[column]!++;
    if (isFailure(entry)) failures[column]!++;
  }
  return { facts, failures };
}

/** How tall a count is drawn, from `least` on: by its logarithm, so that one failure is seen beside a thousand. */
export function tallOf(count: number, most: number, least: number, room: number): number {
  return count === 0 ? 0 : least + (Math.log1p(count) / Math.log1p(Math.max(1, most))) * room;
}
