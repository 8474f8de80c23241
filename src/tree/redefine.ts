// redefine.ts: takes a new definition of a running tree: what is gone is stopped and removed, what has changed is stopped
// and takes its new form, what is new is added; the rest is not touched.

import { invalid } from "../contract/check.ts";
import { SupervisorError } from "../contract/errors.ts";
import { textOf } from "../contract/wording.ts";
import type { ServicePlan, SupervisorPlan } from "../definition/plan.ts";
import { type IsSame, isSameSpec } from "../definition/same-spec.ts";
import type { Edge } from "./edge.ts";
import { replacements } from "./replacing.ts";
import type { Child } from "./service.ts";
import type { TreeSupervisor } from "./supervisor.ts";
import { beginStop, isStopping, toRequired } from "./verbs.ts";
import { laterTurn, whenUp } from "./waiting.ts";

/** What a new definition changes: the paths of services and supervisors, in the order of the definition. */
export interface Redefinition {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** What changes under one supervisor. */
interface Step {
  readonly supervisor: TreeSupervisor;
  /** The new definition; what is the same keeps its plan. */
  readonly plans: readonly ServicePlan[];
  readonly added: readonly ServicePlan[];
  readonly removed: readonly Child[];
  readonly changed: readonly Child[];
}

/** What a definition would change. @throws SupervisorError ERR_INVALID_SPEC for what a running tree cannot change */
export function compare(root: TreeSupervisor, plan: SupervisorPlan, isSame: IsSame | undefined): Step[] {
  for (const [option, before, after] of [
    ["strategy", root.plan.strategy, plan.strategy],
    ["autoShutdown", root.plan.rule.autoShutdown, plan.rule.autoShutdown],
    ["intensity", textOfIntensity(root.plan), textOfIntensity(plan)],
    ["maxServices", root.plan.maxServices, plan.maxServices],
  ] as const) {
    if (before === after) continue;
    throw invalid(root.path, option, `${before}, as the running tree has it`, after);
  }
  return stepsOf(root, plan, isSame);
}

function textOfIntensity({ rule: { intensity } }: SupervisorPlan): string {
  return intensity === null ? "none" : `${intensity.maxRestarts} in ${intensity.withinMs} ms`;
}

function stepsOf(supervisor: TreeSupervisor, { services }: SupervisorPlan, isSame: IsSame | undefined): Step[] {
  const { children } = supervisor;
  const names = new Set(services.map(({ name }) => name));
  const added = services.filter(({ name }) => !children.has(name));
  const defined = new Set(supervisor.plan.services.map(({ name }) => name));
  const removed = [...children.values()].filter(
    // 0: it was removed by an earlier definition, and failed to stop.
    (child) => {
      const { name } = child.plan;
      return !names.has(name) && (defined.has(name) || supervisor.addedIn(child) === 0);
    },
  );
  for (const child of removed) {
    const isAdded = (other: Child) => !names.has(other.plan.name) && !removed.includes(other);
    refuseRequired(child, isAdded);
  }
  const changed: Child[] = [];
  const inner: Step[] = [];
  const plans = services.map((plan) => {
    const child = children.get(plan.name);
    if (child === undefined) return plan;
    const isKind = (child.supervisor === null) === (plan.supervisor === null);
    if (!isKind || !isSameSpec(child.plan.spec, plan.spec, isSame)) {
      changed.push(child);
      return plan;
    }
    if (child.supervisor !== null) inner.push(...stepsOf(child.supervisor, plan.supervisor!, isSame));
    return child.plan;
  });
  return [{ supervisor, plans, added, removed, changed }, ...inner];
}

/** A service that was added at run time stays, and so must what it requires. */
function refuseRequired(child: Child, isAdded: (other: Child) => boolean): void {
  const requiring = child.dependants.filter(({ required, dependant }) => required && isAdded(dependant));
  if (requiring.length > 0) throw toRequired(child, pathsOf(requiring));
}

function pathsOf(edges: readonly Edge[]): string[] {
  return edges.map(({ dependant }) => dependant.path);
}

export function toRedefinition(steps: readonly Step[]): Redefinition {
  return {
    added: steps.flatMap(({ supervisor, added }) => added.map(({ name }) => `${supervisor.path}/${name}`)),
    removed: steps.flatMap(({ removed }) => removed.map(({ path }) => path)),
    changed: steps.flatMap(({ changed }) => changed.map(({ path }) => path)),
  };
}

/** One at a time in each tree: when the newest is over. */
const underWay = new WeakMap<TreeSupervisor, Promise<void>>();

/** Takes a new definition; resolves when all that is new or changed is up. */
export function redefine(
  root: TreeSupervisor,
  plan: SupervisorPlan,
  isSame: IsSame | undefined,
): Promise<Redefinition> {
  const begin = () => apply(root, plan, isSame);
  const before = underWay.get(root);
  const { promise: over, resolve } = later();
  // Before it begins: a listener that hears of its first stop may ask for the next one.
  underWay.set(root, over);
  // At once where nothing is under way, so that what the user asks next comes after it.
  const own = before === undefined ? begin() : before.then(begin);
  const end = () => {
    if (underWay.get(root) === over) underWay.delete(root);
    resolve();
  };
  own.then(end, end);
  return own;
}

async function apply(root: TreeSupervisor, plan: SupervisorPlan, isSame: IsSame | undefined): Promise<Redefinition> {
  const turn = laterTurn(root.tree);
  if (turn !== null) await turn;
  if (root.tree.internalError !== null) throw root.tree.internalError;
  const steps = compare(root, plan, isSame);
  const stopErrors: SupervisorError[] = [];
  const startErrors: SupervisorError[] = [];
  for (const { supervisor, plans } of steps) supervisor.define(plans);
  await Promise.all(steps.map((step) => applyStep(step, stopErrors, startErrors)));
  const errors = [...stopErrors, ...startErrors];
  if (errors.length > 0) throw toIncomplete(root, stopErrors.length > 0, errors);
  return toRedefinition(steps);
}

async function applyStep(step: Step, stopErrors: SupervisorError[], startErrors: SupervisorError[]): Promise<void> {
  const { supervisor, removed, changed } = step;
  const going = [...removed, ...changed];
  const resting = new Set(
    changed.filter((child) => child.isStoppedByHand || isStopping(child)).map(({ plan }) => plan.name),
  );
  const { promise, resolve } = later();
  supervisor.coming = new Set([...changed.map(({ plan }) => plan.name), ...step.added.map(({ name }) => name)]);
  for (const child of going) {
    supervisor.setLeaving(child, true);
    replacements.set(child, promise);
  }
  const stops = await Promise.allSettled(going.map(beginStop));
  for (const stop of stops) if (stop.status === "rejected") stopErrors.push(stop.reason);
  const failed = new Set(going.filter((_, at) => stops[at]!.status === "rejected"));
  const starts = supervisor.tree.turns.enter(() => {
    supervisor.coming = new Set();
    for (const child of going) {
      supervisor.setLeaving(child, false);
      replacements.delete(child);
    }
    // The next start of a supervisor that is on its way down, or will be, applies the definition.
    const isDown = supervisor.state === "stopped" || supervisor.state === "failed";
    if (!isDown && !supervisor.isWanted) return [];
    // What failed to stop stays, with what it requires, and so does what its supervisor has started again meanwhile.
    const staying = withRequired(supervisor, new Set([...failed, ...going.filter(({ isLive }) => isLive)]));
    for (const child of removed) {
      const requiring = child.dependants.filter(({ required, dependant }) => required && staying.has(dependant));
      if (requiring.length > 0) stopErrors.push(toRequired(child, pathsOf(requiring)));
    }
    const added = step.added.map(({ name }) => name);
    const made = supervisor.applyDefinition(removed, added, staying);
    return supervisor.isWanted ? made.map((child) => startMade(child, resting.has(child.plan.name))) : [];
  });
  resolve();
  for (const start of await Promise.allSettled(starts)) {
    if (start.status === "rejected") startErrors.push(start.reason);
  }
}

function later(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Children, and all that they require. */
function withRequired({ children }: TreeSupervisor, staying: Set<Child>): ReadonlySet<Child> {
  // A set can grow while it is walked.
  for (const { plan } of staying) {
    for (const { name, required } of plan.dependencies) {
      const dependency = required ? children.get(name) : undefined;
      if (dependency !== undefined) staying.add(dependency);
    }
  }
  return staying;
}

/** What the user had stopped stays so in its new form. */
function startMade(child: Child, isResting: boolean): Promise<void> {
  if (!isResting) return whenUp(child, () => child.start("supervisor"));
  child.stop("hand");
  return Promise.resolve();
}

function toIncomplete({ path }: TreeSupervisor, isStop: boolean, errors: readonly SupervisorError[]): SupervisorError {
  const list = errors.slice(0, 5).map((error) => textOf(error));
  const more = errors.length > list.length ? `; and ${errors.length - list.length} more` : "";
  const message = `${path}: the new definition is in place, but not all of it is up: ${list.join("; ")}${more}`;
  return new SupervisorError(isStop ? "ERR_STOP_FAILED" : "ERR_START_FAILED", message, {
    path,
    cause: errors[0],
    errors,
  });
}
