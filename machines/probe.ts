// probeMachine: one repeated question about one service, with thresholds.
//   verdict   off ▶ unknown ▶ passing ⇄ failing      below a threshold the last verdict holds
//   cycle     idle ▶ delaying ▶ checking ⇄ resting    the interval runs from the end of one check to the start of the next
// Its port runs the checks and acts on the verdict.

import { and, assign, setup, stateIn } from "xstate";
import type { ProbeEvent } from "./events.ts";
import { once } from "./once.ts";

/** The numbers of one probe. All durations are milliseconds. */
export interface ProbeRule {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly initialDelayMs: number;
  /** Failed checks in a row that make it fail. */
  readonly failureThreshold: number;
  /** Passed checks in a row that make it pass. */
  readonly successThreshold: number;
}

/** The calls by which the chart acts on the outside world. */
export interface ProbePort {
  /** Run check number `check`: answer with check.passed or check.failed. */
  runCheck(check: number): void;
  /** The check has run out of time: answer with check.failed. */
  expireCheck(): void;
  /** The chart no longer waits for the check. */
  cancelCheck(): void;
  reportPassing(): void;
  reportFailing(error: Error): void;
}

export interface ProbeMachineInput {
  readonly rule: ProbeRule;
  readonly port: ProbePort;
}

export interface ProbeMachineContext extends ProbeMachineInput {
  /** The number of the check in flight, or of the last one. */
  readonly check: number;
  readonly passes: number;
  readonly failures: number;
}

/** `probeMachine`. Made when it is first needed, so that importing the core stays fast. */
export const probeChart = once(() =>
  setup({
    types: {} as { context: ProbeMachineContext; events: ProbeEvent; input: ProbeMachineInput },
    actions: {
      runCheck: ({ context }) => context.port.runCheck(context.check),
      expireCheck: ({ context }) => context.port.expireCheck(),
      cancelCheck: ({ context }) => context.port.cancelCheck(),
      reportPassing: ({ context }) => context.port.reportPassing(),
      reportFailing: ({ context, event }) => context.port.reportFailing((event as { error: Error }).error),
      numberCheck: assign(({ context }) => ({ check: context.check + 1 })),
      countPass: assign(({ context }) => ({ passes: context.passes + 1, failures: 0 })),
      countFailure: assign(({ context }) => ({ failures: context.failures + 1, passes: 0 })),
      clearResults: assign({ passes: 0, failures: 0 }),
    },
    guards: {
      isCurrent: ({ context, event }) => "check" in event && event.check === context.check,
      // Only the answer of the check in flight counts.
      isAwaited: and([stateIn({ cycle: "checking" }), "isCurrent"]),
      completesPasses: ({ context }) => context.passes + 1 >= context.rule.successThreshold,
      completesFailures: ({ context }) => context.failures + 1 >= context.rule.failureThreshold,
      isLastPass: and(["isAwaited", "completesPasses"]),
      isLastFailure: and(["isAwaited", "completesFailures"]),
    },
    delays: {
      initialDelay: ({ context }) => context.rule.initialDelayMs,
      checkTimeout: ({ context }) => context.rule.timeoutMs,
      interval: ({ context }) => context.rule.intervalMs,
    },
  }).createMachine({
    id: "probe",
    type: "parallel",
    context: ({ input }) => ({ ...input, check: 0, passes: 0, failures: 0 }),
    states: {
      verdict: {
        initial: "off",
        on: { "probe.stop": ".off" },
        states: {
          off: { entry: "clearResults", on: { "probe.start": "unknown" } },
          unknown: {
            on: {
              "check.passed": { guard: "isLastPass", target: "passing" },
              "check.failed": { guard: "isLastFailure", target: "failing" },
            },
          },
          passing: {
            entry: "reportPassing",
            on: { "check.failed": { guard: "isLastFailure", target: "failing" } },
          },
          failing: {
            entry: "reportFailing",
            on: { "check.passed": { guard: "isLastPass", target: "passing" } },
          },
        },
      },
      cycle: {
        initial: "idle",
        on: { "probe.stop": ".idle" },
        states: {
          idle: { on: { "probe.start": "delaying" } },
          delaying: { after: { initialDelay: "checking" } },
          checking: {
            entry: ["numberCheck", "runCheck"],
            exit: "cancelCheck",
            after: { checkTimeout: { actions: "expireCheck" } },
            on: {
              "check.passed": { guard: "isCurrent", target: "resting", actions: "countPass" },
              "check.failed": { guard: "isCurrent", target: "resting", actions: "countFailure" },
            },
          },
          resting: { after: { interval: "checking" } },
        },
      },
    },
  }),
);

export type ProbeMachine = ReturnType<typeof probeChart>;
