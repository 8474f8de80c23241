// membershipMachine: the session of one node in its cluster. A lost lease ends it; a new session begins with another one.
//   session   connecting   the store is being opened
//             joining      writing    the record of the session
//                          resolving  whether it was written: the answer was lost
//             member       fresh      the last renewal was confirmed
//                          renewing   a renewal is in flight
//                          resolving  a renewal was refused: the record is read, to see who has written it
//                          retrying   the outcome of a renewal is unknown; the next one follows soon
//             stepping     the lease is lost: whatever is clustered ends, by force when the lease is over
//             leaving      everything was handed over; the record says that the session is gone
//             ended
//   duty      up ⇄ draining: whether it takes roles
// The lease counts from before the last confirmed write was sent, so each state asks for what is left of it.

import { setup } from "xstate";
import type { Chart, ConfigOf } from "./chart.ts";
import type { MembershipEvent } from "./events.ts";
import {
  type MembershipMachineContext,
  type MembershipMachineInput,
  membershipParts,
  newMembership,
} from "./membership-parts.ts";
import { once } from "./once.ts";
import { toAssigns, toGuards } from "./to-xstate.ts";

export type {
  MembershipMachineContext,
  MembershipMachineInput,
  MembershipOutcome,
  MembershipPort,
} from "./membership-parts.ts";

const overdue = { target: "#membership.session.stepping", actions: "setOverdue" } as const;

/** Transitions of a member, in each of its states. */
const whileMember = {
  "clock.jumped": { guard: "isPastDeadline", ...overdue },
  "membership.stop": [
    { guard: "holdsNothing", target: "#membership.session.leaving" },
    // Something would not stop. The lease runs out by itself.
    { target: "#membership.session.ended" },
  ],
} as const;

const config = {
  id: "membership",
  type: "parallel",
  context: ({ input }: { input: MembershipMachineInput }) => newMembership(input),
  states: {
    session: {
      initial: "connecting",
      states: {
        connecting: {
          on: {
            "store.opened": "joining",
            "store.failed": { actions: "noteTrouble" },
            "session.refused": { target: "ended", actions: "setRefused" },
            "membership.stop": "ended",
          },
        },

        joining: {
          initial: "writing",
          on: {
            "session.refused": { target: "ended", actions: "setRefused" },
            "membership.stop": "ended",
          },
          states: {
            writing: {
              entry: "writeSession",
              on: {
                "session.written": { target: "#membership.session.member", actions: ["setWritten", "noteRenewal"] },
                "session.unknown": { target: "resolving", actions: ["setFirstSent", "noteTrouble"] },
              },
            },
            resolving: {
              after: { retryPeriod: { actions: "readSession" } },
              on: {
                "session.read": [
                  { guard: "isOurs", target: "#membership.session.member", actions: ["setFound", "noteRenewal"] },
                  { target: "writing" },
                ],
                "session.unknown": { target: "resolving", reenter: true, actions: "noteTrouble" },
              },
            },
          },
        },

        member: {
          initial: "fresh",
          on: whileMember,
          states: {
            fresh: {
              after: {
                renewInterval: [{ guard: "isPastDeadline", ...overdue }, { target: "renewing" }],
                renewDeadline: overdue,
              },
              on: { "session.changed": "renewing" },
            },
            renewing: {
              entry: ["numberRenewal", "renew"],
              after: { renewDeadline: overdue },
              on: {
                "renewal.confirmed": { guard: "isCurrent", target: "fresh", actions: ["setRenewed", "noteRenewal"] },
                "renewal.unknown": [
                  {
                    guard: "changesServer",
                    target: "retrying",
                    actions: ["countUnknown", "noteTrouble", "changeServer"],
                  },
                  { guard: "isCurrent", target: "retrying", actions: ["countUnknown", "noteTrouble"] },
                ],
                "renewal.refused": { guard: "isCurrent", target: "resolving" },
              },
            },
            resolving: {
              entry: "readSession",
              after: { renewDeadline: overdue },
              on: {
                "session.read": [
                  { guard: "isOurs", target: "renewing", actions: ["adoptRevision", "clearUnknowns"] },
                  { target: "#membership.session.stepping", actions: "setExpelled" },
                ],
                "session.unknown": { target: "retrying", actions: "noteTrouble" },
              },
            },
            retrying: {
              after: {
                retryPeriod: [{ guard: "isPastDeadline", ...overdue }, { target: "renewing" }],
                renewDeadline: overdue,
              },
            },
          },
        },

        stepping: {
          entry: "stepDown",
          after: { leaseEnd: { target: "ended", actions: "forceRoles" } },
          on: { "roles.ended": "ended" },
        },

        leaving: {
          entry: "writeGone",
          after: { retryPeriod: "ended" },
          on: { "session.written": "ended", "session.unknown": "ended" },
        },

        ended: { entry: "reportEnd" },
      },
    },

    duty: {
      initial: "up",
      states: {
        up: { on: { "duty.drain": { target: "draining", actions: "noteDuty" } } },
        draining: { on: { "duty.undrain": { target: "up", actions: "noteDuty" } } },
      },
    },
  },
} as const satisfies ConfigOf<typeof membershipParts>;

function toMachine() {
  const { recipes, effects, guards, combinations, delays } = membershipParts;
  return setup({
    types: {} as { context: MembershipMachineContext; events: MembershipEvent; input: MembershipMachineInput },
    actions: { ...toAssigns<MembershipMachineContext, MembershipEvent, keyof typeof recipes>(recipes), ...effects },
    guards: {
      ...guards,
      ...toGuards<MembershipMachineContext, MembershipEvent, keyof typeof combinations>(combinations),
    },
    delays,
  }).createMachine(config);
}

export type MembershipMachine = ReturnType<typeof toMachine>;

export const membershipChart: Chart<MembershipMachine> = { config, parts: membershipParts, machine: once(toMachine) };
