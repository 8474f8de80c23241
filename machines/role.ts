// roleMachine: one role, or one shard of it, on one node.
//   standby        it runs elsewhere, or nowhere
//   delaying       this node is to take it, after the backoff that it has earned elsewhere
//   acquiring      writing    the claim is in flight
//                  resolving  the answer was lost: the claim is read
//   active         starting   the service comes up, or comes up again
//                  up
//   steppingDown   stopping   the service ends; the claim stays until it has
//                  stuck      it did not end in time: the claim stays until it has, or its process ends
//                  expiring   the lease is lost: it ends within what is left, by force when that is over
//                  releasing  the claim is given up
//                  retrying   whether it was given up is unknown
// A claim whose answer comes after the loss of the lease is never activated: it is void with its session.

import { setup } from "xstate";
import type { Chart, ConfigOf } from "./chart.ts";
import type { RoleEvent } from "./events.ts";
import { once } from "./once.ts";
import { newRole, type RoleMachineContext, type RoleMachineInput, roleParts } from "./role-parts.ts";
import { toAssigns, toGuards } from "./to-xstate.ts";

export type { Grant, Release, RoleMachineContext, RoleMachineInput, RolePort, RoleRule } from "./role-parts.ts";

/** The loss of the lease while nothing of it runs here. */
const lost = { target: "#role.standby", actions: "setUnwanted" } as const;
/** The loss of the lease while its service runs. */
const expire = { target: "#role.steppingDown.expiring", actions: ["setUnwanted", "setLeaseLost"] } as const;
const handOver = { target: "#role.steppingDown.stopping", actions: ["setUnwanted", "setHandOver"] } as const;
const release = "#role.steppingDown.releasing";

const config = {
  id: "role",
  context: ({ input }: { input: RoleMachineInput }) => newRole(input),
  initial: "standby",
  states: {
    standby: {
      on: {
        "placement.chosen": [
          { guard: "mustWait", target: "delaying", actions: "setChosen" },
          { target: "acquiring", actions: "setChosen" },
        ],
      },
    },

    delaying: {
      after: { backoff: "acquiring" },
      on: { "placement.dismissed": lost, "role.stop": lost, "lease.lost": lost },
    },

    acquiring: {
      initial: "writing",
      on: {
        "lease.lost": lost,
        "placement.dismissed": { actions: "setUnwanted" },
        "role.stop": { actions: "setUnwanted" },
        "placement.chosen": { actions: "setWanted" },
      },
      states: {
        writing: {
          entry: ["numberAttempt", "claim"],
          on: {
            "claim.granted": [
              { guard: "isGrantedAndWanted", target: "#role.active", actions: ["setGrant", "noteGrant"] },
              // Stopped meanwhile: it never starts.
              { guard: "isCurrent", target: release, actions: ["setGrant", "noteGrant", "setHandOver"] },
            ],
            "claim.refused": { guard: "isCurrent", ...lost },
            "claim.unknown": { guard: "isCurrent", target: "resolving" },
          },
        },
        resolving: {
          after: { retryPeriod: { actions: "readClaim" } },
          on: {
            "claim.read": [
              { guard: "isFoundAndWanted", target: "#role.active", actions: ["setGrant", "noteGrant"] },
              { guard: "isFound", target: release, actions: ["setGrant", "noteGrant", "setHandOver"] },
              { guard: "isCurrent", ...lost },
            ],
            "claim.unknown": { guard: "isCurrent", target: "resolving", reenter: true },
          },
        },
      },
    },

    active: {
      initial: "starting",
      entry: "addService",
      on: {
        "service.gaveUp": [
          { guard: "exhausts", target: release, actions: ["setUnwanted", "countFailures", "setFailed"] },
          { target: release, actions: ["setUnwanted", "countFailures", "setFailedThere"] },
        ],
        "service.finished": { target: release, actions: ["setUnwanted", "setCompleted"] },
        "placement.dismissed": handOver,
        "role.stop": handOver,
        "role.move": handOver,
        "lease.lost": expire,
      },
      states: {
        starting: { on: { "service.up": "up" } },
        up: {
          after: { resetAfter: { actions: ["clearFailures", "writeProved"] } },
          on: { "service.down": "starting" },
        },
      },
    },

    steppingDown: {
      initial: "stopping",
      states: {
        stopping: {
          entry: "removeService",
          on: { "service.ended": "releasing", "service.unstopped": "stuck", "lease.lost": expire },
        },
        stuck: {
          entry: "reportStuck",
          on: { "service.late": "releasing", "lease.lost": lost },
        },
        expiring: {
          entry: "removeService",
          after: { leaseEnd: { actions: "forceService" } },
          on: { "service.ended": "#role.standby", "service.unstopped": "#role.standby" },
        },
        releasing: {
          entry: "release",
          on: {
            "release.confirmed": "#role.standby",
            "release.refused": "#role.standby",
            "release.unknown": "retrying",
            "lease.lost": lost,
          },
        },
        retrying: {
          after: { retryPeriod: "releasing" },
          on: { "lease.lost": lost },
        },
      },
    },
  },
} as const satisfies ConfigOf<typeof roleParts>;

function toMachine() {
  const { recipes, effects, guards, combinations, delays } = roleParts;
  return setup({
    types: {} as { context: RoleMachineContext; events: RoleEvent; input: RoleMachineInput },
    actions: { ...toAssigns<RoleMachineContext, RoleEvent, keyof typeof recipes>(recipes), ...effects },
    guards: { ...guards, ...toGuards<RoleMachineContext, RoleEvent, keyof typeof combinations>(combinations) },
    delays,
  }).createMachine(config);
}

export type RoleMachine = ReturnType<typeof toMachine>;

export const roleChart: Chart<RoleMachine> = { config, parts: roleParts, machine: once(toMachine) };
