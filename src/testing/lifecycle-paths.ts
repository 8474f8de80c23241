// The paths through the life of a service that its definition allows.

import type { Phase, ServiceSpec, ServiceState } from "../index.ts";
import {
  eventsOf,
  type Lifecycle,
  type LifecycleEvent,
  type LifecycleRule,
  nextLifecycle,
  unborn,
} from "./lifecycle-model.ts";
import { coveringPaths, type Model } from "./paths.ts";

/** A path through the life of one service, from before its first start. */
export interface LifecyclePath {
  /** Its events: `"start, ready, fail, backoff-over, ready, stop, end"`. */
  readonly title: string;
  readonly steps: readonly LifecycleStep[];
}

/** What happens, and what the service is after it. */
export interface LifecycleStep {
  readonly event: LifecycleEvent;
  readonly state: ServiceState;
  /** As its status has it: inside running "healthy" or "unhealthy", inside stopped "byHand" or "completed", and so on. */
  readonly phase: Phase | null;
}

/** Retries that a path takes into account: with more of them a path would only say the same again. */
export const retriesInPaths = 1;

/**
 * The shortest paths that together take every transition of the life of a service, none of them the beginning of another.
 *
 * What `spec` has decides what can happen: only `run` and `actor` complete, only what has a readiness loses it, only what
 * has a liveness or a watchdog is found dead, only what has a finite timeout overruns it. More retries than one are not
 * told apart, and `decide` is not asked. Without a spec: of a service that can do everything.
 */
export function lifecyclePaths(options: { spec?: Partial<ServiceSpec> } = {}): LifecyclePath[] {
  return pathsWithin(toLifecycleRule(options.spec ?? whole), () => true);
}

/** A service that can do everything. */
const whole: Partial<ServiceSpec> = { run() {}, readyOn: "signal", readiness: () => true, liveness: () => true };

/** The rule of a definition. A check that is readiness and liveness at once is found dead, and not only unhealthy. */
export function toLifecycleRule(spec: Partial<ServiceSpec>): LifecycleRule {
  const restart = typeof spec.restart === "string" ? { policy: spec.restart } : (spec.restart ?? {});
  return {
    runs: spec.start === undefined,
    launches: spec.start !== undefined || spec.readyOn === "signal",
    readiness: spec.readiness !== undefined || spec.health !== undefined,
    liveness: spec.liveness !== undefined || spec.health !== undefined || spec.watchdogMs !== undefined,
    losesReadiness: spec.readiness !== undefined,
    policy: restart.policy ?? "on-failure",
    maxRetries: Math.min(restart.maxRetries ?? retriesInPaths, retriesInPaths),
    startTimeout: spec.startTimeoutMs !== Number.POSITIVE_INFINITY,
    stopTimeout: spec.stopTimeoutMs !== Number.POSITIVE_INFINITY,
    thorough: false,
  };
}

/** Whether something can be made to happen in a state. */
export type CanHappen = (event: LifecycleEvent, state: ServiceState) => boolean;

/** The paths of a rule on which only that happens which can. */
export function pathsWithin(rule: LifecycleRule, can: CanHappen): LifecyclePath[] {
  const all = toModel(rule);
  const model = { ...all, events: (now: Lifecycle) => all.events(now).filter((event) => can(event, now.state)) };
  return coveringPaths(model).map((events) => toPath(rule, events));
}

/** Every event that its rule allows, each with a state in which it can come. */
export function transitionsOf(rule: LifecycleRule): { event: LifecycleEvent; state: ServiceState }[] {
  const found = new Map<string, { event: LifecycleEvent; state: ServiceState }>();
  for (const { steps } of pathsWithin(rule, () => true)) {
    let state: ServiceState = "stopped";
    for (const step of steps) {
      found.set(`${step.event} ${state}`, { event: step.event, state });
      state = step.state;
    }
  }
  return [...found.values()];
}

function toModel(rule: LifecycleRule): Model<Lifecycle, LifecycleEvent> {
  return {
    initial: unborn,
    events: (now) => eventsOf(rule, now),
    next: (now, event) => nextLifecycle(rule, now, event),
    key: ({ state, phase, intent, failures }) => [state, phase, intent, Math.min(failures, rule.maxRetries + 1)].join(),
  };
}

function toPath(rule: LifecycleRule, events: readonly LifecycleEvent[]): LifecyclePath {
  let now = unborn;
  const steps = events.map((event): LifecycleStep => {
    now = nextLifecycle(rule, now, event);
    return { event, state: now.state, phase: now.phase };
  });
  return { title: events.join(", "), steps };
}
