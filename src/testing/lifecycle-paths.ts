// The paths through the life of a service that its definition allows.

import type { Phase, ServiceSpec, ServiceState } from "../index.ts";
import { type LifecycleDriver, lackOf } from "./lifecycle-driver.ts";
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

/** An event, and the state of the service after it. */
export interface LifecycleStep {
  readonly event: LifecycleEvent;
  readonly state: ServiceState;
  /** The phase in its status: inside running "healthy" or "unhealthy", inside stopped "byHand" or "completed", and so on. */
  readonly phase: Phase | null;
}

/** The retries that a path takes into account: more would only repeat its steps. */
export const retriesInPaths = 1;

/**
 * The shortest paths that together take every transition of the life of a service, none of them the beginning of another.
 *
 * `spec` decides which events are possible: only `run` and `actor` complete, only a service with a readiness loses it,
 * only one with a liveness or a watchdog is found dead, only one with a finite timeout overruns it. More than one retry
 * counts as one, and `decide` is not asked. Without a spec the paths are those of a service that can do everything. With
 * a driver they are those that it can drive.
 */
export function lifecyclePaths(
  options: { spec?: Partial<ServiceSpec>; driver?: LifecycleDriver } = {},
): LifecyclePath[] {
  const { spec = whole, driver } = options;
  const isActor = spec.actor !== undefined;
  return pathsWithin(
    toLifecycleRule(spec),
    (event, state) => driver === undefined || lackOf(driver, event, state, isActor) === null,
  ).filter((path) => driver?.select?.(path) ?? true);
}

/** A service that can do everything. */
const whole: Partial<ServiceSpec> = { run() {}, readyOn: "signal", readiness: () => true, liveness: () => true };

/** The rule of a definition. A failing check that is readiness and liveness at once counts as dead. */
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

/** Whether an event can be made to happen in a state. */
export type CanHappen = (event: LifecycleEvent, state: ServiceState) => boolean;

/** The paths of a rule with possible events only. */
export function pathsWithin(rule: LifecycleRule, can: CanHappen): LifecyclePath[] {
  const all = toModel(rule);
  const model = { ...all, events: (now: Lifecycle) => all.events(now).filter((event) => can(event, now.state)) };
  return coveringPaths(model).map((events) => toPath(rule, events));
}

/** Every event that a rule allows, with a state in which it can happen. */
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
