// supervisorMachine: one supervisor and the order of its children.
//   lifecycle
//     stopped     not started, stopped as asked, or completed
//     starting    the children start, each when its gate opens; until every critical one is up
//     running     every critical one has been up; a child's end is decided by the child's own chart, and
//                 by the guards here: intensity, strategy, criticality, significance
//     regrouping  one-for-all, rest-for-one: stopping the group, then delaying; then all of it starts
//     stopping    the children stop in the reverse of their dependencies; `outcome` says what for
//     failed      gave up, or a critical child failed
//   health        unhealthy ⇄ degraded ⇄ healthy, as its children are rated; unhealthy while it does not supervise
// It does not know what a child is (src/tree keeps the table) nor how anything is shown.

import { setup } from "xstate";
import type { Chart, ConfigOf } from "./chart.ts";
import type { SupervisorEvent } from "./events.ts";
import { once } from "./once.ts";
import {
  newSupervisor,
  type SupervisorMachineContext,
  type SupervisorMachineInput,
  supervisorParts,
} from "./supervisor-parts.ts";
import { toAssigns, toGuards } from "./to-xstate.ts";

export type {
  Failure,
  Outcome,
  SupervisorMachineContext,
  SupervisorMachineInput,
  SupervisorPort,
  SupervisorRule,
} from "./supervisor-parts.ts";

const whileDown = {
  "supervisor.start": { target: "starting", actions: ["setStart", "startChildren"] },
} as const;

/** Transitions while it supervises: a stop request, and the events of its children. */
const whileSupervising = {
  "supervisor.stop": { target: "stopping", actions: ["setStopRequest", "setDeadline"] },
  "child.failed": { guard: "isFatal", target: "stopping", actions: ["setChildFailure", "escalate"] },
  "child.finished": [
    { guard: "endsInFailure", target: "stopping", actions: ["setSignificantFailure", "escalate"] },
    { guard: "endsInCompletion", target: "stopping", actions: "setCompletion" },
  ],
  "child.restarting": [
    { guard: "joinsGroup", target: "regrouping", reenter: true, actions: "setGroupDelay" },
    { guard: "isTooIntense", target: "stopping", actions: ["setIntensity", "escalate"] },
    { guard: "bringsGroup", target: "regrouping", reenter: true, actions: ["countRestart", "setGroupDelay"] },
    { actions: "countRestart" },
  ],
} as const;

const config = {
  id: "supervisor",
  type: "parallel",
  context: ({ input }: { input: SupervisorMachineInput }) => newSupervisor(input),
  states: {
    lifecycle: {
      initial: "stopped",
      states: {
        stopped: { on: whileDown },

        starting: {
          on: {
            ...whileSupervising,
            "children.rated": { guard: "everyCriticalIsUp", target: "running" },
          },
        },

        running: { entry: "setUp", on: whileSupervising },

        regrouping: {
          initial: "stopping",
          states: {
            stopping: { entry: "stopGroup", on: { "group.stopped": "delaying" } },
            delaying: {
              entry: "announceGroupStart",
              after: {
                groupBackoff: [
                  {
                    guard: "wasUp",
                    target: "#supervisor.lifecycle.running",
                    actions: ["clearGroupDelay", "startGroup"],
                  },
                  { target: "#supervisor.lifecycle.starting", actions: ["clearGroupDelay", "startGroup"] },
                ],
              },
            },
          },
          on: whileSupervising,
        },

        stopping: {
          entry: "stopChildren",
          after: { stopTimeout: { guard: "hasStopTimeout", actions: "hurryChildren" } },
          on: {
            "children.stopped": [
              { guard: "hasFailed", target: "failed" },
              { guard: "hasStoppedBadly", target: "failed", actions: "setStopFailure" },
              { target: "stopped" },
            ],
            // A second request can shorten the deadline, not lengthen it.
            "supervisor.stop": { guard: "isSooner", target: "stopping", reenter: true, actions: "setDeadline" },
          },
        },

        failed: { on: whileDown },
      },
    },

    health: {
      initial: "unhealthy",
      states: {
        unhealthy: {
          on: {
            "children.rated": [
              { guard: "isHealthy", target: "healthy" },
              { guard: "isDegraded", target: "degraded" },
            ],
          },
        },
        degraded: {
          always: { guard: "isNotSupervising", target: "unhealthy" },
          on: {
            "children.rated": [
              { guard: "isHealthy", target: "healthy" },
              { guard: "isRatedUnhealthy", target: "unhealthy" },
            ],
          },
        },
        healthy: {
          always: { guard: "isNotSupervising", target: "unhealthy" },
          on: {
            "children.rated": [
              { guard: "isDegraded", target: "degraded" },
              { guard: "isRatedUnhealthy", target: "unhealthy" },
            ],
          },
        },
      },
    },
  },
} as const satisfies ConfigOf<typeof supervisorParts>;

function toMachine() {
  const { recipes, effects, guards, combinations, delays } = supervisorParts;
  return setup({
    types: {} as { context: SupervisorMachineContext; events: SupervisorEvent; input: SupervisorMachineInput },
    actions: { ...toAssigns<SupervisorMachineContext, SupervisorEvent, keyof typeof recipes>(recipes), ...effects },
    guards: {
      ...guards,
      ...toGuards<SupervisorMachineContext, SupervisorEvent, keyof typeof combinations>(combinations),
    },
    delays,
  }).createMachine(config);
}

export type SupervisorMachine = ReturnType<typeof toMachine>;

export const supervisorChart: Chart<SupervisorMachine> = {
  config,
  parts: supervisorParts,
  machine: once(toMachine),
};
