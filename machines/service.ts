// serviceMachine: the life of one service, over all its incarnations.
//   stopped    idle       not started yet, or its supervisor is down
//              byHand     stopped by the user, or by the onFailure "stop" of a dependency
//              completed  ended without error, and does not come back
//              dismissed  does not come back: `decide` said so, or its group was stopped and its policy is "never"
//              grouped    down with its group or its dependency, to start again with it
//              scheduled  until its next run is due
//   starting   waiting    for its dependencies; the gate opens or is hopeless
//              delaying   the start delay, before the first start only
//              launching  the unit has begun and is not ready yet
//   running    healthy or unhealthy, as its readiness says
//   stopping   the unit was asked to end; until it has, or its deadline passes. `intent` says what comes next
//   judging    an end that was not asked for: takes no time
//   backoff    counting   restarts when the delay is over
//              held       its supervisor restarts it together with its group
//   failed     forGood    until the user starts it, or its supervisor starts anew
//              grouped    its stop failed, and it starts again with its group
//              scheduled  until its next run is due
// The port (src/tree) runs the user's code. The supervisor decides which siblings restart with it.

import { setup } from "xstate";
import type { Chart, ConfigOf } from "./chart.ts";
import type { ServiceEvent } from "./events.ts";
import { once } from "./once.ts";
import { newService, type ServiceMachineContext, type ServiceMachineInput } from "./service-context.ts";
import { serviceParts } from "./service-parts.ts";
import { toAssigns } from "./to-xstate.ts";

export type { ServiceMachineContext, ServiceMachineInput, ServicePort, ServiceRule } from "./service-context.ts";

/** The ways into `starting`: a service with a gate waits for it first, and then for its start delay, the first time. */
function begin<const Action extends string>(action: Action) {
  return [
    { guard: "isGated", target: "#service.starting.waiting", actions: action },
    { guard: "isToDelay", target: "#service.starting.delaying", actions: action },
    { target: "#service.starting.launching", actions: action },
  ] as const;
}

/** A stop without a unit is over at once. The phase of `stopped` depends on who asked. */
const stopAtOnce = [
  { guard: "isStoppedByHand", target: "#service.stopped.byHand" },
  { guard: "isDismissedWithGroup", target: "#service.stopped.dismissed" },
  { guard: "isStoppedWithGroup", target: "#service.stopped.grouped" },
  { target: "#service.stopped.idle" },
] as const;

/** Transitions while a unit is up or coming up. */
const whileAlive = {
  "unit.ended": [{ guard: "isStale" }, { target: "#service.judging", actions: "judge" }],
  "unit.failing": [{ guard: "isStale" }, { target: "#service.stopping", actions: "intendFail" }],
  "service.stop": { target: "#service.stopping", actions: "intendStop" },
  "service.restart": { target: "#service.stopping", actions: "intendRestart" },
} as const;

/** Transitions while it is wanted and its unit has not begun. */
const whilePending = {
  "service.stop": stopAtOnce,
  "service.start": { guard: "isByHand", actions: "clearFailures" },
  "service.restart": { guard: "isByHand", actions: "clearFailures" },
} as const;

/** Who starts a scheduled service by hand starts a run; its supervisor makes it wait for the next one. */
const startOrSchedule = [
  { guard: "isToBeScheduled", target: "#service.stopped.scheduled", actions: "setStart" },
  ...begin("setStart"),
] as const;

/** Transitions while nothing runs. */
const whileDown = {
  "service.start": startOrSchedule,
  "service.restart": startOrSchedule,
} as const;

/** A run that is due while the one before is not over is skipped. */
const skipRun = { "run.due": { actions: "skipRun" } } as const;

const config = {
  id: "service",
  context: ({ input }: { input: ServiceMachineInput }) => newService(input),
  on: {
    "xstate.done.actor.*": { actions: "relayActorEnd" },
    "xstate.error.actor.*": { actions: "relayActorEnd" },
  },
  initial: "stopped",
  states: {
    stopped: {
      initial: "idle",
      states: {
        idle: { on: { "service.stop": { guard: "isStoppedByHand", target: "byHand" } } },
        byHand: {},
        completed: {},
        dismissed: {},
        grouped: { on: { "service.stop": stopAtOnce } },
        scheduled: {
          on: {
            "service.stop": stopAtOnce,
            "run.due": begin("setRun"),
            "schedule.over": "completed",
            "schedule.failed": { target: "#service.failed", actions: "setUnscheduled" },
          },
        },
      },
      on: whileDown,
    },

    starting: {
      initial: "waiting",
      states: {
        waiting: {
          entry: "consultGate",
          on: {
            "gate.opened": [{ guard: "isToDelay", target: "delaying" }, { target: "launching" }],
            "gate.hopeless": [
              { guard: "isScheduled", target: "#service.failed.scheduled", actions: "setHopeless" },
              { target: "#service.failed", actions: "setHopeless" },
            ],
            ...whilePending,
          },
        },
        delaying: {
          // A dependency may have gone down during the delay, so the gate is asked again.
          after: {
            startDelay: [
              { guard: "isGated", target: "waiting", actions: "setDelayed" },
              { target: "launching", actions: "setDelayed" },
            ],
          },
          on: whilePending,
        },
        launching: {
          entry: ["countIncarnation", "launch"],
          after: { startTimeout: { guard: "hasStartTimeout", actions: "expireStart" } },
          on: {
            ...whileAlive,
            "unit.ready": [
              { guard: "isStale" },
              { guard: "hasReadiness", target: "#service.running.unhealthy", actions: "setReady" },
              { target: "#service.running", actions: "setReady" },
            ],
          },
        },
      },
      on: skipRun,
    },

    running: {
      initial: "healthy",
      states: {
        healthy: { entry: "setUp", on: { "readiness.failed": "unhealthy" } },
        unhealthy: { on: { "readiness.passed": "healthy" } },
      },
      on: { ...whileAlive, ...skipRun },
    },

    stopping: {
      entry: "askToStop",
      after: { stopTimeout: { guard: "hasStopTimeout", actions: "abandon" } },
      on: {
        "unit.ended": [
          { guard: "isStale" },
          { guard: "failsToStopWithGroup", target: "failed.grouped", actions: "setEnd" },
          { guard: "failsToStop", target: "failed", actions: "setEnd" },
          { guard: "isToStopByHand", target: "stopped.byHand", actions: "setEnd" },
          { guard: "isToBeGrouped", target: "stopped.grouped", actions: "setEnd" },
          { guard: "isToBeDismissed", target: "stopped.dismissed", actions: "setEnd" },
          { guard: "isToStop", target: "stopped.idle", actions: "setEnd" },
          { guard: "isToRestartGated", target: "starting.waiting", actions: "setEnd" },
          { guard: "isToRestart", target: "starting.launching", actions: "setEnd" },
          { target: "judging", actions: "judge" },
        ],
        // A later request replaces an earlier one. A stop with timeoutMs 0 also ends the wait.
        "service.stop": [{ guard: "isLastCall", actions: ["intendStop", "abandon"] }, { actions: "intendStop" }],
        "service.start": { guard: "isByHand", actions: "intendRestart" },
        "service.restart": { guard: "isByHand", actions: "intendRestart" },
        ...skipRun,
      },
    },

    judging: {
      always: [
        { guard: "hasRun", target: "stopped.scheduled", actions: "setUp" },
        { guard: "isHeldForGroup", target: "backoff.held" },
        { guard: "isRestarted", target: "backoff.counting" },
        { guard: "hasCompleted", target: "stopped.completed", actions: "setUp" },
        { guard: "isDismissed", target: "stopped.dismissed" },
        { guard: "isScheduled", target: "failed.scheduled" },
        { target: "failed" },
      ],
    },

    backoff: {
      initial: "counting",
      states: {
        counting: { after: { backoff: begin("countRestart") } },
        held: {},
      },
      // A run that has failed is retried also where its supervisor restarts it with the group.
      on: {
        "service.start": begin("setSoonerStart"),
        "service.restart": begin("setSoonerStart"),
        "service.stop": stopAtOnce,
        ...skipRun,
      },
    },

    failed: {
      initial: "forGood",
      states: {
        forGood: {},
        grouped: { on: { "service.stop": { guard: "isStoppedForGood", target: "forGood" } } },
        scheduled: {
          on: {
            "service.stop": [{ guard: "isStoppedForGood", target: "forGood" }, { target: "grouped" }],
            "run.due": begin("setRun"),
            "schedule.over": "forGood",
            "schedule.failed": "forGood",
          },
        },
      },
      on: whileDown,
    },
  },
} as const satisfies ConfigOf<typeof serviceParts>;

function toMachine() {
  const { recipes, effects, guards, delays } = serviceParts;
  return setup({
    types: {} as { context: ServiceMachineContext; events: ServiceEvent; input: ServiceMachineInput },
    actions: { ...toAssigns<ServiceMachineContext, ServiceEvent, keyof typeof recipes>(recipes), ...effects },
    guards,
    delays,
  }).createMachine(config);
}

export type ServiceMachine = ReturnType<typeof toMachine>;

export const serviceChart: Chart<ServiceMachine> = { config, parts: serviceParts, machine: once(toMachine) };
