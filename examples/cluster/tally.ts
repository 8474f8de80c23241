// What the faults of the demonstration cost, and whether anything was lost, doubled or late.

import { checkHistory, type History } from "statevisor/testing";

interface Orders {
  readonly count: number;
  /** The greatest number. */
  readonly last: number;
  readonly acknowledged: number;
  readonly refused: number;
}

export class Tally {
  readonly #history: History;
  /** For each fault, the longest time that a role was nobody's, in milliseconds. */
  readonly #costs = new Map<string, number[]>();

  constructor(history: History) {
    this.#history = history;
  }

  /** A fault is over. */
  note(fault: string, from: number, until: number): void {
    this.#costs.set(fault, [...(this.#costs.get(fault) ?? []), this.#longestGap(from, until)]);
  }

  /** Prints the summary. Returns whether all is well. */
  print({ count, last, acknowledged, refused }: Orders): boolean {
    for (const [fault, costs] of this.#costs) {
      const times = costs.length === 1 ? "once" : `${costs.length} times`;
      const longest = (Math.max(...costs) / 1_000).toFixed(1);
      console.log(`  ${fault.padEnd(22)} ${times}; a role was nobody's for ${longest} s at the most`);
    }
    const violations = checkHistory(this.#history);
    const overlaps = violations.filter(({ rule }) => rule === "overlap").length;
    const lost = Math.max(0, acknowledged - count);
    console.log(`  ${count} orders, numbered 1 to ${last}; ${acknowledged} were acknowledged`);
    console.log(`  ${refused} writes were refused: of a holder that was one no more, or with the engine away`);
    console.log(
      `  ${this.#history.activations.length} runs of roles; tokens that did not grow: ${violations.length - overlaps}`,
    );
    for (const { message } of violations) console.log(`  ${message}`);
    console.log(`  lost: ${lost}, doubled: ${count - last + overlaps}`);
    return violations.length === 0 && lost === 0 && count === last;
  }

  #longestGap(from: number, until: number): number {
    const byClaim = new Map<string, (readonly [beganAt: number, endedAt: number])[]>();
    for (const { claim, beganAt, endedAt } of this.#history.activations)
      byClaim.set(claim, [...(byClaim.get(claim) ?? []), [beganAt, endedAt ?? until]]);
    let longest = 0;
    for (const runs of byClaim.values()) {
      let heldUntil = from;
      for (const [beganAt, endedAt] of runs.sort(([a], [b]) => a - b)) {
        if (endedAt < from || beganAt > until) continue;
        longest = Math.max(longest, beganAt - heldUntil);
        heldUntil = Math.max(heldUntil, endedAt);
      }
    }
    return longest;
  }
}
