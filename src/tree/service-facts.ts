// Child facts: what is told of a child when its chart has become something else.

import type { SnapshotFrom } from "xstate";
import type { Exit } from "../../machines/events.ts";
import type { ServiceMachine, ServiceMachineContext } from "../../machines/service.ts";
import type { ServiceState } from "../contract/states.ts";
import type { Update } from "../contract/updates.ts";
import { silent, type Tree } from "./tree.ts";

/** A child, as far as facts tell of it. */
interface Told {
  readonly path: string;
  readonly tree: Tree;
  readonly state: ServiceState;
  readonly phase: string | null;
  readonly error: Error | null;
  readonly unit: { readonly incarnation: number } | null;
}

/** The public state and phase of a state value. A backoff has no phase. */
export function toState(value: SnapshotFrom<ServiceMachine>["value"]): [ServiceState, string | null] {
  if (typeof value === "string") return [value as ServiceState, null];
  const state = Object.keys(value)[0] as ServiceState;
  return [state, state === "backoff" ? null : (value as Record<string, string>)[state]!];
}

/** Each in one literal: what is added to an object after that costs as much again. */
export function toStatusUpdate(
  child: Told,
  from: ServiceState,
  after: ServiceMachineContext,
  exit: Exit | null,
): Update {
  const { state: to, phase, path } = child;
  const { incarnation, delayMs, failures } = after;
  const type = "status";
  if (exit === null) return { type, from, to, phase, incarnation, seq: 0, at: 0, path };
  if (to === "backoff") {
    return { type, from, to, phase, incarnation, exit, delayMs, failures, seq: 0, at: 0, path };
  }
  if (to === "failed") return { type, from, to, phase, incarnation, exit, failures, seq: 0, at: 0, path };
  return { type, from, to, phase, incarnation, exit, seq: 0, at: 0, path };
}

/** A crash loop must be seen by whoever only reads the log. */
export function logFailure({ state, error, tree, path, unit }: Told, failures: number): void {
  if (tree.logger === silent) return;
  const level = state === "failed" ? "error" : "warn";
  const what =
    state === "failed" ? "failed for good" : state === "backoff" ? "failed; restarts after its backoff" : "failed";
  tree.logger[level]({ path, incarnation: unit?.incarnation, failures, err: error }, what);
}
