// membership-parts.ts: the context of the membership chart, its port, and the actions, guards and delays that it names.

import type { ChartParts, Combination, Delay, Effect, Guard, Recipe } from "./chart.ts";
import type { MembershipEvent } from "./events.ts";
import { deadlineInMs, type LeaseRule, type Moment, renewalInMs, validForMs } from "./policies/lease.ts";

/** The calls by which the chart acts on the outside world. The port acts on each after the transition. */
export interface MembershipPort {
  /** Both clocks, now. */
  readClocks(): Moment;
  /** Create the session's record: answer with session.written, session.unknown or session.refused. */
  writeSession(): void;
  /** Read the session's record: answer with session.read or session.unknown. */
  readSession(): void;
  /** Replace the record at `revision`: answer with renewal.confirmed, .unknown or .refused. */
  renew(renewal: number, revision: number): void;
  /** The server that the store talks to does not answer: try another. */
  changeServer(): void;
  /** Write that the session is over: answer with session.written or session.unknown. */
  writeGone(revision: number): void;
  /** It is a member; called at every renewal, with the moment from which it counts. */
  noteRenewal(sent: Moment): void;
  noteTrouble(error: Error): void;
  /** Its duty has changed: answer with session.changed. */
  noteDuty(): void;
  /** The lease is lost: stop whatever is clustered, and report with roles.ended. */
  stepDown(): void;
  /** The lease is over: end by force what still runs. */
  forceRoles(): void;
  reportEnd(outcome: MembershipOutcome): void;
}

/** How a session ended. */
export type MembershipOutcome =
  | { readonly kind: "left" }
  | { readonly kind: "lost"; readonly because: "expelled" | "overdue" }
  | { readonly kind: "refused"; readonly error: Error };

export interface MembershipMachineInput {
  readonly rule: LeaseRule;
  readonly port: MembershipPort;
}

export interface MembershipMachineContext extends MembershipMachineInput {
  /** From when the lease counts: before the last confirmed write was sent. */
  readonly sent: Moment;
  /** The revision of the session's record that this node knows. */
  readonly revision: number;
  /** The number of the renewal in flight, or of the last one. */
  readonly renewal: number;
  /** Attempts in a row whose outcome is unknown. */
  readonly unknowns: number;
  /** While joining: when the first write was sent whose outcome is unknown. */
  readonly firstSent: Moment | null;
  readonly outcome: MembershipOutcome;
}

type Context = MembershipMachineContext;
type EventOf<Type extends MembershipEvent["type"]> = Extract<MembershipEvent, { type: Type }>;

const never: Moment = { now: 0, wall: 0 };

export function newMembership({ rule, port }: MembershipMachineInput): Context {
  return {
    rule,
    port,
    sent: never,
    revision: 0,
    renewal: 0,
    unknowns: 0,
    firstSent: null,
    outcome: { kind: "left" },
  };
}

/** Actions that change the context. */
const recipes = {
  setWritten: ({ context, event }) => {
    const { sent, revision } = event as EventOf<"session.written">;
    context.sent = sent;
    context.revision = revision;
  },
  setFirstSent: ({ context, event }) => {
    context.firstSent ??= (event as EventOf<"session.unknown">).sent;
  },
  // A write whose outcome was unknown has arrived. It was sent no earlier than the first of them.
  setFound: ({ context, event }) => {
    context.sent = context.firstSent ?? context.sent;
    context.revision = (event as EventOf<"session.read">).revision!;
  },
  // The lease is not extended: nobody knows which of the unknown renewals it was.
  adoptRevision: ({ context, event }) => {
    context.revision = (event as EventOf<"session.read">).revision!;
  },
  numberRenewal: ({ context }) => {
    context.renewal++;
  },
  setRenewed: ({ context, event }) => {
    const { sent, revision } = event as EventOf<"renewal.confirmed">;
    context.sent = sent;
    context.revision = revision;
    context.unknowns = 0;
  },
  countUnknown: ({ context }) => {
    context.unknowns++;
  },
  clearUnknowns: ({ context }) => {
    context.unknowns = 0;
  },
  setExpelled: ({ context }) => {
    context.outcome = { kind: "lost", because: "expelled" };
  },
  setOverdue: ({ context }) => {
    context.outcome = { kind: "lost", because: "overdue" };
  },
  setRefused: ({ context, event }) => {
    context.outcome = { kind: "refused", error: (event as EventOf<"session.refused">).error };
  },
} satisfies Record<string, Recipe<Context, MembershipEvent>>;

/** Actions that call the port. */
const effects = {
  writeSession: ({ context }) => context.port.writeSession(),
  readSession: ({ context }) => context.port.readSession(),
  renew: ({ context }) => context.port.renew(context.renewal, context.revision),
  changeServer: ({ context }) => context.port.changeServer(),
  writeGone: ({ context }) => context.port.writeGone(context.revision),
  noteRenewal: ({ context }) => context.port.noteRenewal(context.sent),
  noteTrouble: ({ context, event }) => context.port.noteTrouble((event as { error: Error }).error),
  noteDuty: ({ context }) => context.port.noteDuty(),
  stepDown: ({ context }) => context.port.stepDown(),
  forceRoles: ({ context }) => context.port.forceRoles(),
  reportEnd: ({ context }) => context.port.reportEnd(context.outcome),
} satisfies Record<string, Effect<Context, MembershipEvent>>;

const guards = {
  isCurrent: ({ context, event }) => "renewal" in event && event.renewal === context.renewal,
  isSecondUnknown: ({ context }) => context.unknowns % 2 === 1,
  isOurs: ({ event }) => (event as EventOf<"session.read">).isOurs,
  isMissing: ({ event }) => (event as EventOf<"session.read">).revision === null,
  isPastDeadline: ({ context }) => deadlineInMs(context.rule, context.sent, context.port.readClocks()) <= 0,
  holdsNothing: ({ event }) => (event as EventOf<"membership.stop">).holds === 0,
} satisfies Record<string, Guard<Context, MembershipEvent>>;

const combinations = {
  changesServer: { all: ["isCurrent", "isSecondUnknown"] },
} as const satisfies Record<string, Combination<keyof typeof guards>>;

const delays = {
  renewInterval: ({ context }) => renewalInMs(context.rule, context.sent, context.port.readClocks()),
  renewDeadline: ({ context }) => Math.max(0, deadlineInMs(context.rule, context.sent, context.port.readClocks())),
  leaseEnd: ({ context }) => Math.max(0, validForMs(context.rule, context.sent, context.port.readClocks())),
  retryPeriod: ({ context }) => context.rule.retryPeriodMs,
} satisfies Record<string, Delay<Context, MembershipEvent>>;

export const membershipParts = { recipes, effects, guards, combinations, delays } satisfies ChartParts;
