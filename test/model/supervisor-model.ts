// An abstract model of a supervisor and its three children, written from the documentation. The test decides when each
// child is up, fails and has stopped; all are critical, independent, and restarted on failure.

import type { Phase, ServiceState, Strategy } from "../../src/index.ts";
import type { Model } from "../../src/testing/paths.ts";

export const maxRetries = 1;
export const initialBackoffMs = 100;

export type ChildName = "a" | "b" | "c";
export const childNames: readonly ChildName[] = ["a", "b", "c"];

type Deed = "ready" | "fail" | "complete" | "end" | "start" | "stop" | "restart";
/** `"a fails"` and the like; `time`: the next timer fires; `stop-tree`. */
export type TreeEvent = `${Deed} ${ChildName}` | "time" | "stop-tree";

export interface ChildModel {
  readonly state: "stopped" | "launching" | "up" | "stopping" | "backoff" | "held" | "failed";
  /** Whether it comes back after its stop. */
  readonly comesBack: boolean;
  readonly exit: "completed" | "failed" | "stopped" | null;
  readonly incarnation: number;
  readonly restarts: number;
  readonly failures: number;
  readonly byHand: boolean;
  /** Whether it has ended by itself for good. */
  readonly settled: boolean;
  /** Whether a restart by hand is in progress. */
  readonly restarting: boolean;
  /** Whether it is part of the group that restarts. */
  readonly member: boolean;
  /** The end of its backoff. */
  readonly leftMs: number;
}

export interface SupervisorModel {
  readonly mode: "starting" | "running" | "stopping" | "stopped" | "failed";
  readonly wentWrong: boolean;
  readonly group: {
    readonly failed: number;
    readonly delayMs: number;
    /** The indexes of the children that still have to stop. */
    readonly waiting: readonly number[];
    /** The end of the backoff; null until the whole group is down. */
    readonly leftMs: number | null;
  } | null;
  readonly children: readonly ChildModel[];
}

const fresh: ChildModel = {
  state: "launching",
  comesBack: false,
  exit: null,
  incarnation: 1,
  restarts: 0,
  failures: 0,
  byHand: false,
  settled: false,
  restarting: false,
  member: false,
  leftMs: 0,
};

/** The state in its status. */
export function toPublic({ state }: ChildModel): ServiceState {
  const names: Partial<Record<ChildModel["state"], ServiceState>> = {
    launching: "starting",
    up: "running",
    held: "backoff",
  };
  return names[state] ?? (state as ServiceState);
}

/** The phase in its status. */
export function toPhase(child: ChildModel): Phase | null {
  const phases: Partial<Record<ChildModel["state"], Phase>> = {
    launching: "launching",
    up: "healthy",
    backoff: "counting",
    held: "held",
  };
  if (!isDown(child)) return phases[child.state] ?? null;
  if (child.settled) return child.exit === "completed" ? "completed" : null;
  if (child.member && !child.byHand) return "grouped";
  if (child.state === "failed") return null;
  return child.byHand ? "byHand" : "idle";
}

const isDown = ({ state }: ChildModel) => state === "stopped" || state === "failed";
const isSupervising = ({ mode }: SupervisorModel) => mode === "starting" || mode === "running";
const isFine = (child: ChildModel) =>
  child.state === "up" ||
  (child.state === "stopped" && (child.byHand || (child.settled && child.exit === "completed")));

export function healthOf(model: SupervisorModel): "healthy" | "unhealthy" {
  return isSupervising(model) && model.children.every(isFine) ? "healthy" : "unhealthy";
}

/** The milliseconds until the next timer fires; null without a timer. */
export function dueIn({ children, group }: SupervisorModel): number | null {
  const times = children.filter(({ state }) => state === "backoff").map(({ leftMs }) => leftMs);
  if (group !== null && group.leftMs !== null) times.push(group.leftMs);
  return times.length === 0 ? null : Math.min(...times);
}

export function createSupervisorModel(strategy: Strategy): Model<SupervisorModel, TreeEvent> {
  return {
    initial: { mode: "starting", wentWrong: false, group: null, children: [fresh, fresh, fresh] },
    events: listEvents,
    next: (model, event) => settle(take(strategy, model, event)),
    key: (model) =>
      JSON.stringify(model, (key, value) => (key === "incarnation" || key === "restarts" ? undefined : value)),
  };
}

function listEvents(model: SupervisorModel): TreeEvent[] {
  const deeds: Record<ChildModel["state"], readonly Deed[]> = {
    launching: ["ready", "fail", "stop", "restart"],
    up: ["fail", "complete", "stop", "restart"],
    stopping: ["end", "fail", "start", "stop", "restart"],
    backoff: ["start", "stop", "restart"],
    held: ["start", "stop", "restart"],
    stopped: ["start", "stop"],
    failed: ["start"],
  };
  const byHand = (deed: Deed) => deed === "start" || deed === "stop" || deed === "restart";
  const own = model.children.flatMap(({ state }, index) =>
    deeds[state]
      .filter((deed) => isSupervising(model) || !byHand(deed))
      .map((deed): TreeEvent => `${deed} ${childNames[index]!}`),
  );
  return [
    ...own,
    ...(dueIn(model) === null ? [] : (["time"] as const)),
    ...(isSupervising(model) ? (["stop-tree"] as const) : []),
  ];
}

function take(strategy: Strategy, model: SupervisorModel, event: TreeEvent): SupervisorModel {
  if (event === "stop-tree") return stopTree(model, "stopping");
  if (event === "time") return elapse(model, dueIn(model)!);
  const [deed, name] = event.split(" ") as [Deed, ChildName];
  const index = childNames.indexOf(name);
  const child = model.children[index]!;
  const put = (change: Partial<ChildModel>) => withChild(model, index, change);
  switch (deed) {
    case "ready":
      return put({ state: "up", restarting: false });
    case "complete":
      return put({ state: "stopped", exit: "completed", settled: true, restarting: false });
    case "end":
      if (child.comesBack) return leaveOrder(withChild(model, index, { ...launched(child), exit: "stopped" }), index);
      return leaveOrder(put({ state: "stopped", exit: "stopped", restarting: false }), index);
    case "fail":
      return child.state === "stopping" ? failToStop(model, index) : fail(strategy, model, index);
    case "start":
      if (child.state === "stopping") return put({ comesBack: true, byHand: false, settled: false, failures: 0 });
      return put({ ...launched(child), byHand: false, settled: false, failures: 0 });
    case "restart": {
      if (child.restarting) return model;
      const change = { byHand: false, settled: false, failures: 0, restarting: true };
      if (child.state === "launching" || child.state === "up") {
        return put({ ...change, state: "stopping", comesBack: true });
      }
      return put({ ...change, ...(child.state === "stopping" ? { comesBack: true } : launched(child)) });
    }
    case "stop":
      return put({ ...asked(child), byHand: true });
  }
}

/** Asks a child to stop. */
function asked(child: ChildModel): Partial<ChildModel> {
  if (isDown(child)) return {};
  const isThere = child.state === "launching" || child.state === "up" || child.state === "stopping";
  return { state: isThere ? "stopping" : "stopped", comesBack: false, restarting: false, leftMs: 0 };
}

function launched({ incarnation }: ChildModel): Partial<ChildModel> {
  return { state: "launching", comesBack: false, incarnation: incarnation + 1, leftMs: 0 };
}

function withChild(model: SupervisorModel, index: number, change: Partial<ChildModel>): SupervisorModel {
  return { ...model, children: model.children.map((child, n) => (n === index ? { ...child, ...change } : child)) };
}

function mapChildren(model: SupervisorModel, change: (child: ChildModel) => Partial<ChildModel>): SupervisorModel {
  return { ...model, children: model.children.map((child) => ({ ...child, ...change(child) })) };
}

function stopTree(model: SupervisorModel, mode: "stopping", wentWrong = model.wentWrong): SupervisorModel {
  return { ...mapChildren(model, (child) => ({ ...asked(child), member: false })), mode, wentWrong, group: null };
}

/** Ends the stop of a child with an error: it comes back only if it was to be restarted. */
function failToStop(model: SupervisorModel, index: number): SupervisorModel {
  const child = model.children[index]!;
  const change = child.comesBack ? launched(child) : { state: "failed" as const, restarting: false };
  const wentWrong = model.wentWrong || model.mode === "stopping";
  return leaveOrder({ ...withChild(model, index, { ...change, exit: "failed" }), wentWrong }, index);
}

function fail(strategy: Strategy, model: SupervisorModel, index: number): SupervisorModel {
  const failures = model.children[index]!.failures + 1;
  const failed = { failures, exit: "failed" as const };
  if (failures > maxRetries) {
    return stopTree(
      withChild(model, index, { ...failed, state: "failed", settled: true, restarting: false }),
      "stopping",
      true,
    );
  }
  const delayMs = initialBackoffMs * 2 ** (failures - 1);
  if (strategy === "one-for-one") return withChild(model, index, { ...failed, state: "backoff", leftMs: delayMs });
  const held = withChild(model, index, { ...failed, state: "held", member: true });
  return regroup(strategy, held, index, delayMs);
}

/** Stops the other children of the group. */
function regroup(strategy: Strategy, model: SupervisorModel, index: number, delayMs: number): SupervisorModel {
  const { group } = model;
  const covers = group !== null && (strategy === "one-for-all" || index >= group.failed);
  const failed = covers ? group.failed : index;
  const isAffected = (n: number) => strategy === "one-for-all" || n >= failed;
  const isMember = (child: ChildModel, n: number) => isAffected(n) && (child.member || !isDown(child));
  const waiting = model.children.flatMap((child, n) =>
    isMember(child, n) && !isDown(child) && child.state !== "held" ? [n] : [],
  );
  const children = model.children.map((child, n) => ({
    ...child,
    ...(isMember(child, n) && { member: true }),
    ...(waiting.includes(n) && asked(child)),
  }));
  return {
    ...model,
    children,
    group: { failed, delayMs: Math.max(group?.delayMs ?? 0, delayMs), waiting, leftMs: null },
  };
}

/** Lets the group go on without a child that is down, or back by hand. */
function leaveOrder(model: SupervisorModel, index: number): SupervisorModel {
  const { group } = model;
  return group === null ? model : { ...model, group: { ...group, waiting: group.waiting.filter((n) => n !== index) } };
}

function elapse(model: SupervisorModel, ms: number): SupervisorModel {
  const passed = mapChildren(model, (child) => {
    if (child.state !== "backoff") return {};
    if (child.leftMs > ms) return { leftMs: child.leftMs - ms };
    return { ...launched(child), restarts: child.restarts + 1 };
  });
  const { group } = passed;
  if (group === null || group.leftMs === null) return passed;
  return group.leftMs > ms ? { ...passed, group: { ...group, leftMs: group.leftMs - ms } } : startGroup(passed);
}

function startGroup(model: SupervisorModel): SupervisorModel {
  const started = mapChildren(model, (child) => {
    const isToStart = child.member && !child.byHand && !child.settled && (isDown(child) || child.state === "held");
    return { member: false, ...(isToStart && { ...launched(child), restarts: child.restarts + 1 }) };
  });
  return { ...started, group: null };
}

/** Takes every step that follows by itself. */
function settle(model: SupervisorModel): SupervisorModel {
  const { mode, group, children, wentWrong } = model;
  if (mode === "stopping" && children.every(isDown)) return { ...model, mode: wentWrong ? "failed" : "stopped" };
  if (group !== null && group.leftMs === null && group.waiting.length === 0) {
    return { ...model, group: { ...group, leftMs: group.delayMs } };
  }
  if (mode === "starting" && group === null && children.every(isFine)) return { ...model, mode: "running" };
  return model;
}
