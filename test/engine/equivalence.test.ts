// The engine and XState agree on each chart, for each state that it can reach, each event and each answer of a guard:
// on the snapshot, on the calls of the port, on the timers, and on what subscribers and inspectors hear.

import { describe, expect, it } from "vitest";
import type { AnyStateMachine } from "xstate";
import type { Chart } from "../../machines/chart.ts";
import { membershipChart } from "../../machines/membership.ts";
import type { MembershipMachineContext } from "../../machines/membership-parts.ts";
import { type ProbeMachineContext, probeChart } from "../../machines/probe.ts";
import { roleChart } from "../../machines/role.ts";
import type { RoleMachineContext } from "../../machines/role-parts.ts";
import { serviceChart } from "../../machines/service.ts";
import type { ServiceMachineContext } from "../../machines/service-context.ts";
import { supervisorChart } from "../../machines/supervisor.ts";
import type { SupervisorMachineContext } from "../../machines/supervisor-parts.ts";
import { RunnableChart } from "../../src/engine/charts.ts";
import { expectSame } from "../support/expect-same.ts";
import {
  leaseRule,
  membershipEvents,
  probeEvents,
  probeRules,
  roleEvents,
  roleRule,
  serviceEvents,
  serviceRules,
  supervisorEvents,
  supervisorRules,
} from "./chart-events.ts";
import { briefOf, type Event, faceOf, PureRun, passing, pathsOf, runActor, runEngine, viewOf } from "./chart-runs.ts";

/**
 * All that a snapshot tells is compared at every step, as the gate does on Node 20, or once for each state, from which it
 * follows: in half the time.
 */
const isThorough = process.env.THOROUGH !== undefined;

/**
 * Compares the ways to run a chart after each step, breadth first over the histories that lead to something new. `keyOf`
 * returns what matters of a context, or null to go no further. Returns the state values that were reached.
 */
function compare<Context>(
  chart: Chart<AnyStateMachine>,
  rule: unknown,
  events: readonly Event[],
  keyOf: (context: Context) => unknown[] | null,
): unknown[] {
  const machine = chart.machine();
  const paths = pathsOf(machine);
  const runnable = new RunnableChart(chart);
  const [actor, watched, quiet] = [runActor(machine), runEngine(runnable), runEngine(runnable, false)];
  const seen = new Set<string>();
  const values = new Map<string, unknown>();
  let frontier: { history: Event[]; pure: PureRun }[] = [{ history: [], pure: PureRun.of(machine, rule) }];
  while (frontier.length > 0) {
    const next: typeof frontier = [];
    for (const { history, pure } of frontier) {
      for (const step of [...events, passing]) {
        const steps = [...history, step];
        const truth = actor(rule, steps);
        const brief = briefOf(truth);
        const byEngine = watched(rule, steps);
        const pureNext = pure.after(step);
        const others = [byEngine, quiet(rule, steps), pureNext];
        const where = () => steps.map(({ type }) => type).join(", ");
        const same = (given: unknown, expected: unknown) => expectSame(given, expected, where);
        same(byEngine.log, truth.log);
        for (const other of others) same(briefOf(other), brief);
        const parts = keyOf(brief.context as unknown as Context);
        const key = JSON.stringify([brief.value, parts]);
        const isNew = parts !== null && !seen.has(key);
        if (isNew || isThorough) {
          const view = viewOf(truth, machine, paths, events);
          for (const other of others) same(viewOf(other, machine, paths, events), view);
          same(faceOf(byEngine.actor!), faceOf(truth.actor!));
        }
        if (!isNew) continue;
        seen.add(key);
        values.set(JSON.stringify(brief.value), brief.value);
        next.push({ history: steps, pure: pureNext });
      }
    }
    frontier = next;
  }
  return [...values.values()];
}

describe.each(serviceRules)("a service with $restart.policy, gated $gated", (rule) => {
  it("is the same in the engine as in XState, in every state that it can reach", () => {
    const values = compare<ServiceMachineContext>(
      serviceChart,
      rule,
      serviceEvents,
      ({ intent, failing, failures, delayed, incarnation }) =>
        incarnation > 2 ? null : [intent, failing, Math.min(failures, 2), delayed, incarnation],
    );
    const expected = ["stopped", "starting", "running", "stopping", "failed"].concat(
      rule.restart.policy === "never" ? [] : ["backoff"],
    );
    expect([...new Set(values.map((value) => JSON.stringify(value).match(/\w+/)![0]))].sort()).toEqual(expected.sort());
  }, 600_000);
});

describe.each(supervisorRules)("a supervisor with $intensity, autoShutdown $autoShutdown", (rule) => {
  it("is the same in the engine as in XState, in every state that it can reach", () => {
    const values = compare<SupervisorMachineContext>(
      supervisorChart,
      rule,
      supervisorEvents,
      ({ outcome, stopDeadlineAt, restartTimes, wasUp, groupDelayMs }) => [
        outcome,
        stopDeadlineAt,
        restartTimes.length,
        wasUp,
        groupDelayMs,
      ],
    );
    // Three states supervise, each with three healths and one of them in two parts; three states do not.
    expect(values).toHaveLength(4 * 3 + 3);
  }, 600_000);
});

describe.each(probeRules)("a probe with thresholds $failureThreshold and $successThreshold", (rule) => {
  it("is the same in the engine as in XState, in every state that it can reach", () => {
    const values = compare<ProbeMachineContext>(probeChart, rule, probeEvents, ({ check, passes, failures }) =>
      check > 3 ? null : [check, passes, failures],
    );
    // Off and idle; unknown while delaying, and each of three verdicts while checking or resting. One failure or one pass
    // is enough for a verdict where the threshold is 1, so that nothing is unknown while it rests.
    expect(values).toHaveLength(rule.failureThreshold === 1 ? 7 : 8);
  }, 600_000);
});

describe("the charts of a cluster", () => {
  it("a session is the same in the engine as in XState, in every state that it can reach", () => {
    const values = compare<MembershipMachineContext>(
      membershipChart,
      leaseRule,
      membershipEvents,
      ({ renewal, unknowns, outcome }) => (renewal > 2 ? null : [renewal, unknowns, outcome.kind]),
    );
    expect(values).toHaveLength(10 * 2);
  }, 600_000);

  it("a role is the same in the engine as in XState, in every state that it can reach", () => {
    const values = compare<RoleMachineContext>(roleChart, roleRule, roleEvents, ({ attempt, isWanted, failures }) =>
      attempt > 2 || failures > 3 ? null : [attempt, isWanted, failures],
    );
    expect(values).toHaveLength(11);
  }, 600_000);
});
