// campaign.ts: explores several trees side by side, as deep as the time allows, and prints how far it came.

import { toScript } from "../world/script.ts";
import { Explorer, type Options, type Subject } from "./explorer.ts";

export interface Limits {
  /** How long to explore, in seconds. */
  readonly seconds?: number;
  /** How many commands the histories may have, after the start. */
  readonly depth?: number;
}

export interface Outcome {
  readonly explorers: readonly Explorer[];
  readonly seconds: number;
}

/** Deepens the shallowest exploration each time, so that all trees come equally far. Time is looked at by `now`. */
export async function explore(
  subjects: readonly Subject[],
  { seconds = Number.POSITIVE_INFINITY, depth = Number.POSITIVE_INFINITY }: Limits,
  now: () => number = () => performance.now(),
  options: Options = {},
): Promise<Outcome> {
  const began = now();
  const isLate = () => now() - began > seconds * 1_000;
  const explorers = subjects.map((subject) => new Explorer(subject, options));
  for (;;) {
    const open = explorers.filter((one) => one.violation === null && !one.isExhausted && one.depth < depth);
    if (open.length === 0 || isLate()) break;
    const least = open.reduce((a, b) => (costOf(b) < costOf(a) ? b : a));
    await least.deepen(isLate);
  }
  return { explorers, seconds: (now() - began) / 1_000 };
}

function costOf({ depth, histories }: Explorer): number {
  return depth * 1e9 + histories;
}

/** A line for each tree, and one for all. */
export function formatOutcome({ explorers, seconds }: Outcome): string {
  const lines = explorers.map(
    ({ subject, depth, isExhausted, states, histories, spared }) =>
      `${subject.name}: depth ${depth}${isExhausted ? " (nothing is left)" : ""}, ${states} states, ${histories} histories, ${spared} spared`,
  );
  const sum = (pick: (one: Explorer) => number) => explorers.reduce((total, one) => total + pick(one), 0);
  const depths = explorers.filter((one) => !one.isExhausted).map((one) => one.depth);
  const least = depths.length === 0 ? "no limit" : Math.min(...depths);
  lines.push(
    `${explorers.length} trees: all sequences up to depth ${least}; ${sum((one) => one.states)} states, ${sum((one) => one.histories)} histories in ${seconds.toFixed(0)} s`,
  );
  return lines.join("\n");
}

/** Each violation with a script that shows it. */
export function formatViolations({ explorers }: Outcome): string {
  return explorers
    .flatMap(({ subject, violation }) =>
      violation === null
        ? []
        : [`${subject.name}: ${violation.message}\n\n${toScript(violation.history, subject.name)}`],
    )
    .join("\n\n");
}
