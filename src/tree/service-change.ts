// service-change.ts: turns a change of a service chart into its public state and phase, its updates, and its log lines.

import type { SnapshotFrom } from "xstate";
import type { Exit } from "../../machines/events.ts";
import type { ServiceMachine } from "../../machines/service.ts";
import {
  type Phase,
  type ServiceState,
  type Standing,
  servicePhases,
  serviceStates,
  standingOf,
} from "../../machines/states.ts";
import type { StatusUpdate } from "../contract/updates.ts";
import type { Child } from "./service.ts";
import { silent } from "./tree.ts";
import type { Unit } from "./unit.ts";

type Snapshot = SnapshotFrom<ServiceMachine>;

/** The public state and phase of a service, and what they mean to the rest of the tree. */
export interface Place {
  readonly state: ServiceState;
  /** The number of the state among all states. */
  readonly number: number;
  readonly phase: Phase | null;
  readonly standing: Standing;
}

const toPlace = (state: ServiceState, phase: Phase | null): Place => ({
  state,
  number: serviceStates.indexOf(state),
  phase,
  standing: standingOf(state, phase),
});

/** By state and phase. */
const places = Object.fromEntries(
  serviceStates.map((state) => [
    state,
    Object.fromEntries(servicePhases[state].map((phase) => [phase, toPlace(state, phase)])),
  ]),
) as Record<ServiceState, Readonly<Record<string, Place>>>;
const stopping = toPlace("stopping", null);
const failed = toPlace("failed", null);

/** The place of each value that was met: the engine has one value for each configuration of the chart. */
const known = new WeakMap<object, Place>();

/** The place of a state value. */
export function placeOf(value: Snapshot["value"]): Place {
  if (typeof value === "string") return stopping;
  let place = known.get(value);
  if (place === undefined) {
    place = toPublic(value);
    known.set(value, place);
  }
  return place;
}

/** An inner state of `failed` that is not public has no phase. */
function toPublic(value: object): Place {
  const [[state, phase]] = Object.entries(value) as [[ServiceState, string]];
  return places[state][phase] ?? failed;
}

/** Records the updates of a change from another place. */
export function recordChange(child: Child, { state: from, phase: fromPhase }: Place, exit: Exit | null): void {
  const { state: to, phase } = child;
  const { updates } = child.tree;
  const seq = updates.next("status");
  if (seq !== null) updates.push(toStatusUpdate(child, from, exit, seq, to === from ? updates.now() : child.since));
  if (from === "running" && to === "running" && fromPhase !== phase) {
    const error = phase === "unhealthy" ? child.unhealthyError : null;
    updates.record(child.path, {
      type: "service-health",
      healthy: phase === "healthy",
      ...(error !== null && { error }),
    });
  }
}

/** How long a unit has been asked to end. */
export function waitedMs({ tree }: Child, unit: Unit | null): number {
  const now = tree.clock.now();
  return now - (unit?.askedAt ?? now);
}

export function recordUnstopped(child: Child, unit: Unit): void {
  const { path, tree, log } = child;
  const { incarnation } = unit;
  const waited = waitedMs(child, unit);
  tree.updates.record(path, { type: "unstopped", incarnation, waitedMs: waited });
  log.error({ incarnation, waitedMs: waited }, "still running after its stop deadline; left behind");
}

/** A unit that was left behind has ended. */
export function recordLate({ path, tree }: Child, { incarnation }: Unit, error: Error | null): void {
  const outcome = error === null ? ("completed" as const) : ("failed" as const);
  tree.turns.enter(() =>
    tree.updates.record(path, { type: "late", incarnation, outcome, ...(error !== null && { error }) }),
  );
}

/** The update of a change. Each kind is one literal: adding a property later costs V8 as much as the whole object. */
function toStatusUpdate(child: Child, from: ServiceState, exit: Exit | null, seq: number, at: number): StatusUpdate {
  const { state: to, phase, path, context } = child;
  const { incarnation, delayMs, failures } = context;
  const type = "status";
  if (to === "backoff") {
    return { type, from, to, phase, incarnation, exit: exit ?? context.exit!, delayMs, failures, seq, at, path };
  }
  if (exit === null) return { type, from, to, phase, incarnation, seq, at, path };
  if (to === "failed") return { type, from, to, phase, incarnation, exit, failures, seq, at, path };
  return { type, from, to, phase, incarnation, exit, seq, at, path };
}

const consequences: Partial<Record<ServiceState, string>> = {
  failed: "failed for good",
  backoff: "failed; restarts after its backoff",
};

/** Logs a failure, so that a user who only reads the log sees a crash loop. */
export function logFailure({ state, error, tree, path, unit }: Child, failures: number): void {
  if (tree.logger === silent) return;
  const level = state === "failed" ? "error" : "warn";
  tree.logger[level]({ path, incarnation: unit?.incarnation, failures, err: error }, consequences[state] ?? "failed");
}
