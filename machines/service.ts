// serviceMachine: the life of one service, over all its incarnations.
//   stopped    not wanted, completed, or not started yet
//   starting   waiting    for its dependencies; the gate opens or is hopeless
//              delaying   the start delay, before the first start only
//              launching  the unit has begun and is not ready yet
//   running    healthy or unhealthy, as its readiness says
//   stopping   the unit was asked to end; until it has, or its deadline passes. `intent` says what comes next
//   backoff    counting   restarts when the delay is over
//              held       its supervisor restarts it together with its group
//   failed     for good, until somebody starts it by hand
// What the user's code is made of is the port's business (src/tree); who else restarts, the supervisor's.

import { setup } from "xstate";
import { assigned } from "./assigned.ts";
import type { ServiceEvent } from "./events.ts";
import { once } from "./once.ts";
import { type ServiceMachineContext, type ServiceMachineInput, serviceParts } from "./service-parts.ts";

export type { ServiceMachineContext, ServiceMachineInput, ServicePort, ServiceRule } from "./service-parts.ts";

const { updates, effects, guards, delays } = serviceParts;

/** The way into `starting`: past the gate only without one, past the start delay only the first time. */
function begin<const Action extends string>(action: Action) {
  return [
    { guard: "isGated", target: "#service.starting.waiting", actions: action },
    { guard: "isToDelay", target: "#service.starting.delaying", actions: action },
    { target: "#service.starting.launching", actions: action },
  ] as const;
}

/** What an incarnation that was not asked to end leads to. policies/restart decides; this is where it leads. */
const afterOwnEnd = [
  { guard: "isRestartedWithGroup", target: "#service.backoff.held", actions: "noteRestart" },
  { guard: "isRestarted", target: "#service.backoff.counting", actions: "noteRestart" },
  { guard: "isFinished", target: "#service.stopped", actions: "noteOwnEnd" },
  { target: "#service.failed", actions: "noteOwnEnd" },
] as const;

/** While a unit is up or coming up. */
const whileAlive = {
  "unit.ended": [{ guard: "isStale" }, ...afterOwnEnd],
  "unit.failing": [{ guard: "isStale" }, { target: "#service.stopping", actions: "intendFail" }],
  "service.stop": { target: "#service.stopping", actions: "intendStop" },
  "service.restart": { target: "#service.stopping", actions: "intendRestart" },
} as const;

/** While it is wanted and its unit has not begun. */
const whilePending = {
  "service.stop": "#service.stopped",
  "service.start": { guard: "isByHand", actions: "clearFailures" },
  "service.restart": { guard: "isByHand", actions: "clearFailures" },
} as const;

/** While nothing runs and nothing is wanted. */
const whileDown = {
  "service.start": begin("noteStart"),
  "service.restart": begin("noteStart"),
} as const;

/** `serviceMachine`. Made when it is first asked for: an import of the core should not wait for it. */
export const serviceChart = once(() =>
  setup({
    types: {} as { context: ServiceMachineContext; events: ServiceEvent; input: ServiceMachineInput },
    actions: { ...assigned<ServiceMachineContext, ServiceEvent, keyof typeof updates>(updates), ...effects },
    guards,
    delays,
  }).createMachine({
    id: "service",
    context: ({ input }) => ({
      rule: input.rule,
      port: input.port,
      incarnation: 0,
      restarts: 0,
      failures: 0,
      delayed: false,
      readyAt: null,
      intent: null,
      failing: false,
      stopTimeoutMs: 0,
      delayMs: 0,
      nextAttemptAt: null,
      exit: null,
      verdict: null,
    }),
    on: {
      "xstate.done.actor.*": { actions: "relayActorEnd" },
      "xstate.error.actor.*": { actions: "relayActorEnd" },
    },
    initial: "stopped",
    states: {
      stopped: { on: whileDown },

      starting: {
        initial: "waiting",
        states: {
          waiting: {
            entry: "consultGate",
            on: {
              "gate.opened": [{ guard: "isToDelay", target: "delaying" }, { target: "launching" }],
              "gate.hopeless": { target: "#service.failed", actions: "noteHopeless" },
              ...whilePending,
            },
          },
          delaying: {
            // What held before the delay may not hold after it: the gate is asked again.
            after: {
              startDelay: [
                { guard: "isGated", target: "waiting", actions: "noteDelayed" },
                { target: "launching", actions: "noteDelayed" },
              ],
            },
            on: whilePending,
          },
          launching: {
            entry: ["noteLaunch", "launch"],
            after: { startTimeout: { actions: "expireStart" } },
            on: {
              ...whileAlive,
              "unit.ready": [
                { guard: "isStale" },
                { guard: "hasReadiness", target: "#service.running.unhealthy", actions: "noteReady" },
                { target: "#service.running", actions: "noteReady" },
              ],
            },
          },
        },
      },

      running: {
        initial: "healthy",
        states: {
          healthy: { on: { "readiness.failed": "unhealthy" } },
          unhealthy: { on: { "readiness.passed": "healthy" } },
        },
        on: whileAlive,
      },

      stopping: {
        entry: "askToStop",
        after: { stopTimeout: { actions: "abandon" } },
        on: {
          "unit.ended": [
            { guard: "isStale" },
            { guard: "isToStopInVain", target: "failed", actions: "noteEnd" },
            { guard: "isToStop", target: "stopped", actions: "noteEnd" },
            { guard: "isToRestartGated", target: "starting.waiting", actions: "noteEnd" },
            { guard: "isToRestart", target: "starting.launching", actions: "noteEnd" },
            ...afterOwnEnd,
          ],
          // A later wish replaces an earlier one; a last call also ends the wait.
          "service.stop": [{ guard: "isLastCall", actions: ["intendStop", "abandon"] }, { actions: "intendStop" }],
          "service.start": { guard: "isByHand", actions: "intendRestart" },
          "service.restart": { guard: "isByHand", actions: "intendRestart" },
        },
      },

      backoff: {
        initial: "counting",
        states: {
          counting: { after: { backoff: begin("noteOwnRestart") } },
          held: {},
        },
        on: {
          ...whileDown,
          "service.stop": "stopped",
        },
      },

      failed: { on: whileDown },
    },
  }),
);

export type ServiceMachine = ReturnType<typeof serviceChart>;
