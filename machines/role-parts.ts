// role-parts.ts: the context of the role chart, its port, and the actions, guards and delays that it names.

import type { ChartParts, Combination, Delay, Effect, Guard, Mutable, Recipe } from "./chart.ts";
import type { RoleEvent } from "./events.ts";
import { type FailoverRule, isExhausted } from "./policies/failover.ts";

/** The numbers of a role. Durations are milliseconds. */
export interface RoleRule extends FailoverRule {
  /** A service that was up this long clears the failures of its role. */
  readonly resetAfterMs: number;
  readonly retryPeriodMs: number;
}

/** The calls by which the chart acts on the outside world. The port acts on each after the transition. */
export interface RolePort {
  /** Replace the claim: answer with claim.granted, claim.refused or claim.unknown. */
  claim(attempt: number): void;
  /** Read the claim: answer with claim.read, or claim.unknown. */
  readClaim(attempt: number): void;
  /** The claim is ours. */
  noteGrant(grant: Grant): void;
  /** Run the service: answer with service.up, .down, .gaveUp, .finished. */
  addService(failures: number): void;
  /** Stop the service: answer with service.ended or service.unstopped, and service.late after that. */
  removeService(): void;
  /** The lease is over: end the service by force. */
  forceService(): void;
  reportStuck(): void;
  /** Write that the role has proved itself and has no failures any more, if it is still ours. */
  writeProved(): void;
  /** Replace the claim: answer with release.confirmed, .refused or .unknown. */
  release(release: Release): void;
}

export interface Grant {
  readonly revision: number;
  readonly token: number;
  readonly failures: number;
}

/** What becomes of a claim that is given up, and why. */
export interface Release {
  readonly as: "handed-over" | "failed-there" | "failed" | "completed";
  readonly failures: number;
  readonly error: Error | null;
  /** The session that is to take it next. */
  readonly to: string | null;
}

export interface RoleMachineInput {
  readonly rule: RoleRule;
  readonly port: RolePort;
}

export interface RoleMachineContext extends RoleMachineInput {
  /** The number of the claim in flight, or of the last one. */
  readonly attempt: number;
  /** Whether it is still to run here once it is granted. */
  readonly isWanted: boolean;
  /** What is left of the backoff before a claim. */
  readonly delayMs: number;
  readonly grant: Grant;
  /** The failures of the role, those on this node included. */
  readonly failures: number;
  readonly release: Release;
  /** After the loss of the lease: how long it was valid still. */
  readonly leaseLeftMs: number;
}

type Context = RoleMachineContext;
type EventOf<Type extends RoleEvent["type"]> = Extract<RoleEvent, { type: Type }>;

const handedOver: Release = { as: "handed-over", failures: 0, error: null, to: null };

export function newRole({ rule, port }: RoleMachineInput): Context {
  return {
    rule,
    port,
    attempt: 0,
    isWanted: false,
    delayMs: 0,
    grant: { revision: 0, token: 0, failures: 0 },
    failures: 0,
    release: handedOver,
    leaseLeftMs: 0,
  };
}

function setRelease(context: Mutable<Context>, as: Release["as"], event: RoleEvent): void {
  const error = "error" in event ? event.error : null;
  const to = "to" in event ? event.to : null;
  context.release = { as, failures: context.failures, error, to };
}

/** Actions that change the context. */
const recipes = {
  setChosen: ({ context, event }) => {
    context.isWanted = true;
    context.delayMs = (event as EventOf<"placement.chosen">).delayMs;
  },
  setUnwanted: ({ context }) => {
    context.isWanted = false;
  },
  setWanted: ({ context }) => {
    context.isWanted = true;
  },
  numberAttempt: ({ context }) => {
    context.attempt++;
  },
  setGrant: ({ context, event }) => {
    const { revision, token, failures } = event as EventOf<"claim.granted">;
    context.grant = { revision, token, failures };
    context.failures = failures;
  },
  countFailures: ({ context, event }) => {
    context.failures += (event as EventOf<"service.gaveUp">).failures;
  },
  clearFailures: ({ context }) => {
    context.failures = 0;
  },
  setHandOver: ({ context, event }) => setRelease(context, "handed-over", event),
  setFailedThere: ({ context, event }) => setRelease(context, "failed-there", event),
  setFailed: ({ context, event }) => setRelease(context, "failed", event),
  setCompleted: ({ context, event }) => setRelease(context, "completed", event),
  setLeaseLost: ({ context, event }) => {
    context.leaseLeftMs = (event as EventOf<"lease.lost">).leftMs;
  },
} satisfies Record<string, Recipe<Context, RoleEvent>>;

/** Actions that call the port. */
const effects = {
  claim: ({ context }) => context.port.claim(context.attempt),
  readClaim: ({ context }) => context.port.readClaim(context.attempt),
  noteGrant: ({ context }) => context.port.noteGrant(context.grant),
  addService: ({ context }) => context.port.addService(context.failures),
  removeService: ({ context }) => context.port.removeService(),
  forceService: ({ context }) => context.port.forceService(),
  reportStuck: ({ context }) => context.port.reportStuck(),
  writeProved: ({ context }) => context.port.writeProved(),
  release: ({ context }) => context.port.release(context.release),
} satisfies Record<string, Effect<Context, RoleEvent>>;

const guards = {
  isCurrent: ({ context, event }) => "attempt" in event && event.attempt === context.attempt,
  isWanted: ({ context }) => context.isWanted,
  isOurs: ({ event }) => "isOurs" in event && event.isOurs,
  mustWait: ({ event }) => (event as EventOf<"placement.chosen">).delayMs > 0,
  exhausts: ({ context, event }) =>
    isExhausted(context.rule, context.failures + (event as EventOf<"service.gaveUp">).failures),
} satisfies Record<string, Guard<Context, RoleEvent>>;

const combinations = {
  isGrantedAndWanted: { all: ["isCurrent", "isWanted"] },
  isFoundAndWanted: { all: ["isCurrent", "isOurs", "isWanted"] },
  isFound: { all: ["isCurrent", "isOurs"] },
} as const satisfies Record<string, Combination<keyof typeof guards>>;

const delays = {
  backoff: ({ context }) => context.delayMs,
  retryPeriod: ({ context }) => context.rule.retryPeriodMs,
  resetAfter: ({ context }) => context.rule.resetAfterMs,
  leaseEnd: ({ context }) => Math.max(0, context.leaseLeftMs),
} satisfies Record<string, Delay<Context, RoleEvent>>;

export const roleParts = { recipes, effects, guards, combinations, delays } satisfies ChartParts;
