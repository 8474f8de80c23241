// directed-child.ts: a child that a director has added: not critical, with the budget and the lease that it is given.

import { nextDelayMs } from "../../machines/policies/backoff.ts";
import type { DirectedChild, DirectedOptions, DirectedRule } from "../contract/director.ts";
import type { ChildSpec } from "../contract/spec.ts";
import type { ServicePlan } from "../definition/plan.ts";
import { planChild } from "../definition/plan-supervisor.ts";
import { setLease } from "./leases.ts";
import type { Child } from "./service.ts";
import type { TreeSupervisor } from "./supervisor.ts";
import type { Tree } from "./tree.ts";

/** Adds a child to a supervisor, and starts it. */
export function addDirected(supervisor: TreeSupervisor, spec: ChildSpec, options: DirectedOptions): DirectedChild {
  const { tree } = supervisor;
  const whole = planChild(spec, supervisor.path, supervisor.plan.rule, new Map());
  const child = tree.turns.enter(() => {
    const added = supervisor.add(toPlan(whole, options));
    setLease(added, options.lease);
    added.watch(options.onChange);
    added.start("supervisor");
    return added;
  });
  // What was left behind may end later, here or further inside.
  const unheed = tree.updates.on("late", ({ path }) => {
    if (path === child.path || path.startsWith(`${child.path}/`)) tree.turns.later(options.onChange);
  });
  return {
    get standing() {
      return standingOf(child);
    },
    get failures() {
      return child.context.failures;
    },
    get error() {
      return child.error;
    },
    get isBackingOff() {
      return child.state === "backoff";
    },
    get value() {
      return child.standing.isServing ? child.unit!.value : undefined;
    },
    stop: (timeoutMs) => tree.turns.enter(() => child.stop("supervisor", timeoutMs)),
    remove() {
      unheed();
      tree.turns.enter(() => supervisor.remove(child));
    },
  };
}

/** The plan of a child with what its role has left of its budget. Its backoff goes on where it was elsewhere. */
function toPlan(plan: ServicePlan, { maxRetries, failures }: DirectedOptions): ServicePlan {
  const { restart } = plan.rule;
  const grown = Math.min(restart.maxBackoffMs, restart.initialBackoffMs * restart.multiplier ** failures);
  const rule = { ...plan.rule, restart: { ...restart, maxRetries, initialBackoffMs: grown } };
  return { ...plan, rule, options: { ...plan.options, critical: false, significant: false } };
}

/** What the restart options of a plan say about the role of the child. */
export function toRule({ rule: { restart } }: ServicePlan, tree: Tree): DirectedRule {
  const { maxRetries, resetAfterMs } = restart;
  return { maxRetries, resetAfterMs, nextDelayMs: (failures) => nextDelayMs(restart, failures, tree.drawChance()) };
}

function standingOf(child: Child): DirectedChild["standing"] {
  if (child.isHealthy) return "up";
  if (child.isLive) return "down";
  if (hasLeftBehind(child)) return "unstopped";
  if (child.phase === "completed" || (child.phase === "dismissed" && child.context.verdict === "stop")) return "over";
  if (child.phase === "byHand") return "byHand";
  return child.state === "failed" && child.context.verdict !== null ? "failed" : "stopped";
}

/** Whether code of it, or of a service inside it, still runs after its stop deadline. */
function hasLeftBehind({ unit, supervisor }: Child): boolean {
  if (unit?.isLeftBehind) return true;
  return supervisor !== null && [...supervisor.children.values()].some(hasLeftBehind);
}
