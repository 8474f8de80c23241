// inside.ts: what code of this package, such as a cluster, gets from the tree that it runs in.

import type { AnyActorRef, AnyStateMachine } from "xstate";
import type { Chart } from "../../machines/chart.ts";
import type { RoleStatus } from "../contract/cluster-facts.ts";
import type { Inside } from "../contract/director.ts";
import { RunnableChart } from "../engine/charts.ts";
import type { ChartHost } from "../engine/witness.ts";
import { stopActor } from "../engine/xstate.ts";
import type { Child } from "./service.ts";

const charts = new WeakMap<Chart, RunnableChart<AnyStateMachine>>();
const memories = new WeakMap<Child, Map<string, unknown>>();

function toRunnable(chart: Chart): RunnableChart<AnyStateMachine> {
  const known = charts.get(chart) ?? new RunnableChart(chart);
  charts.set(chart, known);
  return known;
}

function memoryOf(child: Child): Map<string, unknown> {
  const known = memories.get(child) ?? new Map<string, unknown>();
  memories.set(child, known);
  return known;
}

const summaries = new WeakMap<Child, () => string | null>();

/** What code of this package has to say about a child, for `explain`. */
export function summaryOf(child: Child): string | null {
  return summaries.get(child)?.() ?? null;
}

const roles = new WeakMap<Child, () => RoleStatus | null>();

/** The role of a cluster that a child stands for; null if it stands for none, or nothing is known of it. */
export function roleOf(child: Child): RoleStatus | null {
  return roles.get(child)?.() ?? null;
}

let started = 0;

export function toInside(child: Child): Inside {
  const { tree, path } = child;
  return {
    path,
    clock: tree.clock,
    logger: child.log,
    tree: () => tree.handle!,
    memory: memoryOf(child),
    setSummary: (summarise) => summaries.set(child, summarise),
    setRole: (read) => roles.set(child, read),
    updates: {
      isHeard: (type) => tree.updates.isHeard(type),
      onHeard: (listener) => tree.updates.onHeard(listener),
      publish: (of, fact) => tree.turns.enter(() => tree.updates.record(of, fact)),
    },
    witnesses: tree.witnesses,
    drawChance: () => tree.drawChance(),
    wallNow: () => tree.clock.wallNow?.() ?? tree.clock.now(),
    startChart: (chart, rule, port) =>
      tree.charts.start(toRunnable(chart), child.actor, `${path}.${chart.config.id}.${started++}`, {
        rule,
        port: port as ChartHost,
      }),
    stopChart: (actor) => tree.turns.enter(() => stopActor(actor)),
    send: (actor: AnyActorRef, event) => tree.turns.send(actor, event),
    later: (work) => tree.turns.later(work),
    failInternally: (error) => tree.failInternally(error),
  };
}
