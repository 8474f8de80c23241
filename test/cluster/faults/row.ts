// A row of the fault table: what is done, and what it may cost. All rows assert what must never be at the end of the run.

import type { Activation } from "statevisor/testing";
import { type Arena, slackMs } from "./arena.ts";
import { now } from "./facts.ts";

export interface Row {
  readonly name: string;
  /** Resolves with what was measured, for people. Rejects if it was not as the table says. */
  play(arena: Arena): Promise<string>;
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`;

/** Waits until another grant of the orders runs, and compares when that was with the bound. */
export async function takeOver(
  arena: Arena,
  before: Activation,
  { from, atLeastMs = 0, atMostMs }: { from: number; atLeastMs?: number; atMostMs: number },
): Promise<string> {
  await arena.until("another grant of the orders", () => arena.after(before.token) !== undefined, atMostMs + 20_000);
  const next = arena.after(before.token)!;
  const took = next.beganAt - from;
  // Until when it ran is known once its process has spoken again, or is gone.
  const gap = before.endedAt === null ? "" : `, nobody's for ${seconds(next.beganAt - before.endedAt)}`;
  const said = `taken over by ${next.node === before.node ? "the same node" : "another"} after ${seconds(took)}${gap}`;
  if (took > atMostMs + slackMs) throw new Error(`${said}; at most ${seconds(atMostMs)} and ${slackMs} ms are allowed`);
  if (took < atLeastMs) throw new Error(`${said}; nobody may take it before ${seconds(atLeastMs)}`);
  return `${said} (bound ${seconds(atMostMs)})`;
}

/** The bound of a node that falls silent. */
export const silence = ({ times }: Arena) => ({
  // The last renewal was sent at most this long ago, and a retry may come on top.
  atLeastMs: times.leaseDurationMs - times.renewIntervalMs - times.retryPeriodMs,
  atMostMs: times.leaseDurationMs + 200,
});

/** Whatever runs, runs on after `act`. */
export async function nothingChanges(arena: Arena, forMs: number, act: () => unknown): Promise<string> {
  const before = arena.running();
  await act();
  await arena.pause(forMs);
  const ended = before.filter(({ endedAt }) => endedAt !== null);
  if (ended.length === 0) return `nothing changed in ${seconds(forMs)}`;
  throw new Error(
    `${ended.length} of ${before.length} ended: ${ended.map(({ claim, node }) => `${claim} of ${node}`)}`,
  );
}

/** The current grant of the orders. */
export function grant(arena: Arena): Activation {
  const [one] = arena.nodes.open("orders");
  if (one === undefined) throw new Error("nobody holds the orders");
  return one;
}

export { now, seconds };
