// An abstract model of the life of one service: the events that can happen, and the state after each. It is written from
// the documentation alone and shares no code with the charts, so that each can be checked against the other.

import type { Phase, RestartPolicy, ServiceState, ServiceStatus } from "../index.ts";

/** What can happen to a service. */
export type LifecycleEvent =
  // requests by hand
  | "start"
  | "stop"
  | "restart"
  // acts of its own code
  | "ready" //         it is up
  | "fail" //          it throws, rejects or calls ctx.fail: in its start, while it runs, in its stop
  | "blame" //         it calls ctx.fail, where that differs from failing
  | "complete" //      it returns by itself
  | "end" //           it has stopped, as it was asked to
  // results of its probes
  | "healthy"
  | "unhealthy"
  | "dead" //          its liveness or its watchdog fails
  // the passing of time
  | "start-timeout"
  | "stop-timeout"
  | "backoff-over"
  | "long-up"; //      it was up for resetAfterMs

/** The part of a definition that decides which events can happen. */
export interface LifecycleRule {
  /** Whether it is `run` or `actor`, which end by themselves, or `start`, which does not. */
  readonly runs: boolean;
  /** Whether it takes time to be up. */
  readonly launches: boolean;
  readonly readiness: boolean;
  /** Whether its readiness can fail without its liveness. */
  readonly losesReadiness: boolean;
  /** Whether something can find it dead. */
  readonly liveness: boolean;
  readonly policy: RestartPolicy;
  readonly maxRetries: number;
  readonly startTimeout: boolean;
  readonly stopTimeout: boolean;
  /** Includes events that change little or nothing: requests for the present state, `blame`, `long-up`. */
  readonly thorough: boolean;
}

/** The state of a service in the model. */
export interface Lifecycle {
  readonly state: ServiceState;
  readonly phase: Phase | null;
  /** While it is stopping: what comes after that. */
  readonly intent: "stop" | "restart" | "fail" | null;
  /** While it is stopping: whether it failed before it was asked to. */
  readonly failing: boolean;
  /** A restart by hand is in progress, until it is up or overtaken: another one shares it. */
  readonly restarting: boolean;
  readonly exit: ServiceStatus["exit"];
  readonly incarnation: number;
  readonly restarts: number;
  readonly failures: number;
}

export const unborn: Lifecycle = {
  state: "stopped",
  phase: "idle",
  intent: null,
  failing: false,
  restarting: false,
  exit: null,
  incarnation: 0,
  restarts: 0,
  failures: 0,
};

/** The events that can happen next. */
export function eventsOf(rule: LifecycleRule, now: Lifecycle): LifecycleEvent[] {
  const { state, phase, incarnation } = now;
  if (incarnation === 0) return ["start"];
  const requests: LifecycleEvent[] = ["start", "stop", "restart"];
  const isIdle = (event: LifecycleEvent) => nextLifecycle(rule, now, event) === now;
  const asked = requests.filter((event) => rule.thorough || !isIdle(event));
  const when = (condition: boolean, ...events: LifecycleEvent[]) => (condition ? events : []);
  switch (state) {
    case "starting":
      return [
        ...asked,
        ...when(rule.thorough, "blame"),
        ...when(rule.thorough && rule.runs, "complete"),
        ...when(rule.startTimeout, "start-timeout"),
        "ready",
        "fail",
      ];
    case "running":
      return [
        ...asked,
        "fail",
        ...when(rule.runs, "complete"),
        ...when(rule.runs && rule.thorough, "blame"),
        ...when(rule.readiness && phase === "unhealthy", "healthy"),
        ...when(rule.losesReadiness && phase === "healthy", "unhealthy"),
        ...when(rule.liveness, "dead"),
        ...when(rule.thorough, "long-up"),
      ];
    case "stopping":
      return [...asked, "end", "fail", ...when(rule.stopTimeout, "stop-timeout")];
    case "backoff":
      return [...asked, "backoff-over"];
    default:
      return asked;
  }
}

/** The state after an event; the same object if the event changes nothing. */
export function nextLifecycle(rule: LifecycleRule, before: Lifecycle, event: LifecycleEvent): Lifecycle {
  const { state, restarts, restarting } = before;
  const isUp = state === "starting" || state === "running";
  switch (event) {
    case "start":
      if (isUp) return before;
      return state === "stopping" ? comeBack(before) : launch(rule, { ...before, failures: 0 });
    case "stop":
      if (isUp) return askToStop({ ...before, restarting: false }, "stop");
      if (state === "stopping")
        return before.intent === "stop" ? before : { ...before, intent: "stop", restarting: false };
      return state === "backoff" ? { ...before, state: "stopped", phase: "byHand", restarting: false } : before;
    case "restart":
      if (restarting) return before;
      if (isUp) return askToStop({ ...before, failures: 0, restarting: true }, "restart");
      if (state === "stopping") return { ...comeBack(before), restarting: true };
      return launch(rule, { ...before, failures: 0, restarting: true });
    case "ready":
      return becomeReady(rule, before);
    case "fail":
      if (state === "stopping") return leave(rule, before, "failed");
      return rule.runs || state === "starting" ? judge(rule, before, "failed") : askToStop(before, "fail");
    case "blame":
    case "dead":
    case "start-timeout":
      return askToStop(before, "fail");
    case "complete":
      return judge(rule, before, "completed");
    case "end":
      return leave(rule, before, before.failing ? "failed" : "stopped");
    case "stop-timeout":
      return leave(rule, before, "unstopped");
    case "healthy":
      return { ...before, phase: "healthy", restarting: false };
    case "unhealthy":
      return { ...before, phase: "unhealthy" };
    case "backoff-over":
      return launch(rule, { ...before, restarts: restarts + 1 });
    case "long-up":
      return { ...before, failures: 0 };
  }
}

function comeBack(before: Lifecycle): Lifecycle {
  const isBack = before.intent === "restart" && before.failures === 0;
  return isBack ? before : { ...before, intent: "restart", failures: 0 };
}

function launch(rule: LifecycleRule, before: Lifecycle): Lifecycle {
  const launching: Lifecycle = {
    ...before,
    state: "starting",
    phase: "launching",
    intent: null,
    failing: false,
    incarnation: before.incarnation + 1,
  };
  return rule.launches ? launching : becomeReady(rule, launching);
}

function becomeReady(rule: LifecycleRule, before: Lifecycle): Lifecycle {
  const up: Lifecycle = { ...before, state: "running", phase: rule.readiness ? "unhealthy" : "healthy" };
  return rule.readiness ? up : { ...up, restarting: false };
}

function askToStop(before: Lifecycle, intent: "stop" | "restart" | "fail"): Lifecycle {
  return { ...before, state: "stopping", phase: null, intent, failing: intent === "fail" };
}

/** The state after the end of its stop. */
function leave(rule: LifecycleRule, before: Lifecycle, exit: "stopped" | "failed" | "unstopped"): Lifecycle {
  const { intent, failing } = before;
  const over: Lifecycle = { ...before, phase: null, intent: null, failing: false, exit };
  if (intent === "fail") return judge(rule, over, exit);
  if (intent === "restart") return launch(rule, over);
  const wentWrong = exit === "unstopped" || (exit === "failed" && !failing);
  return rest(wentWrong ? { ...over, state: "failed" } : { ...over, state: "stopped", phase: "byHand" });
}

/** The state after it ended by itself, or failed and was ended: the restart policy decides. */
function judge(rule: LifecycleRule, before: Lifecycle, exit: ServiceStatus["exit"]): Lifecycle {
  const failures = exit === "completed" ? before.failures : before.failures + 1;
  const over: Lifecycle = { ...before, phase: null, intent: null, failing: false, exit, failures };
  const { completed, failed } = outcomes[rule.policy];
  const outcome = exit === "completed" ? completed : failures > rule.maxRetries ? "failed" : failed;
  if (outcome === "completed") return rest({ ...over, state: "stopped", phase: "completed" });
  return rest(outcome === "backoff" ? { ...over, state: "backoff", phase: "counting" } : { ...over, state: "failed" });
}

/** What follows an end without a request, according to the documentation of `restart`. */
const outcomes = {
  always: { completed: "backoff", failed: "backoff" },
  "on-failure": { completed: "completed", failed: "backoff" },
  never: { completed: "completed", failed: "failed" },
} as const satisfies Record<RestartPolicy, { completed: "backoff" | "completed"; failed: "backoff" | "failed" }>;

/** A restart by hand is over once the service is down. */
function rest(over: Lifecycle): Lifecycle {
  return over.state === "backoff" ? over : { ...over, restarting: false };
}
