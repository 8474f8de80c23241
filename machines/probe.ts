// probeMachine: one repeated question about one service, with thresholds.
//   verdict   off ▶ unknown ▶ passing ⇄ failing      below a threshold the last verdict holds
//   cycle     idle ▶ delaying ▶ checking ⇄ resting    the interval runs from the end of one check to the start of the next
// Its port runs the checks and acts on the verdict.

import { setup } from "xstate";
import type { Chart, ChartParts, Combination, ConfigOf, Delay, Effect, Guard, Recipe } from "./chart.ts";
import type { ProbeEvent } from "./events.ts";
import { once } from "./once.ts";
import { toAssigns, toGuards } from "./to-xstate.ts";

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

type Context = ProbeMachineContext;

/** Actions that change the context. */
const recipes = {
  numberCheck: ({ context }) => {
    context.check++;
  },
  countPass: ({ context }) => {
    context.passes++;
    context.failures = 0;
  },
  countFailure: ({ context }) => {
    context.failures++;
    context.passes = 0;
  },
  clearResults: ({ context }) => {
    context.passes = 0;
    context.failures = 0;
  },
} satisfies Record<string, Recipe<Context, ProbeEvent>>;

/** Actions that call the port. */
const effects = {
  runCheck: ({ context }) => context.port.runCheck(context.check),
  expireCheck: ({ context }) => context.port.expireCheck(),
  cancelCheck: ({ context }) => context.port.cancelCheck(),
  reportPassing: ({ context }) => context.port.reportPassing(),
  reportFailing: ({ context, event }) => context.port.reportFailing((event as { error: Error }).error),
} satisfies Record<string, Effect<Context, ProbeEvent>>;

const guards = {
  isCurrent: ({ context, event }) => "check" in event && event.check === context.check,
  completesPasses: ({ context }) => context.passes + 1 >= context.rule.successThreshold,
  completesFailures: ({ context }) => context.failures + 1 >= context.rule.failureThreshold,
} satisfies Record<string, Guard<Context, ProbeEvent>>;

// Only the answer of the check in flight counts.
const combinations = {
  isChecking: { in: [{ cycle: "checking" }] },
  isLastPass: { all: ["isChecking", "isCurrent", "completesPasses"] },
  isLastFailure: { all: ["isChecking", "isCurrent", "completesFailures"] },
} as const satisfies Record<string, Combination<keyof typeof guards | "isChecking">>;

const delays = {
  initialDelay: ({ context }) => context.rule.initialDelayMs,
  checkTimeout: ({ context }) => context.rule.timeoutMs,
  interval: ({ context }) => context.rule.intervalMs,
} satisfies Record<string, Delay<Context, ProbeEvent>>;

const parts = { recipes, effects, guards, combinations, delays } satisfies ChartParts;

const config = {
  id: "probe",
  type: "parallel",
  context: ({ input }: { input: ProbeMachineInput }) => ({ ...input, check: 0, passes: 0, failures: 0 }),
  states: {
    verdict: {
      initial: "off",
      on: { "probe.stop": { target: ".off", actions: "clearResults" } },
      states: {
        off: { on: { "probe.start": "unknown" } },
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
} as const satisfies ConfigOf<typeof parts>;

function toMachine() {
  return setup({
    types: {} as { context: ProbeMachineContext; events: ProbeEvent; input: ProbeMachineInput },
    actions: { ...toAssigns<Context, ProbeEvent, keyof typeof recipes>(recipes), ...effects },
    guards: { ...guards, ...toGuards<Context, ProbeEvent, keyof typeof combinations>(combinations) },
    delays,
  }).createMachine(config);
}

export type ProbeMachine = ReturnType<typeof toMachine>;

export const probeChart: Chart<ProbeMachine> = { config, parts, machine: once(toMachine) };
