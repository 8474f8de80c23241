// An abstract model of a tree of two levels, written from the documentation: the root supervises "g" and "c", and g
// supervises "a" and "b". All are critical and restart one for one; g, a and c are retried once, b never.

import type { ServiceState } from "../../src/index.ts";
import type { Model } from "../../src/testing/paths.ts";

export const backoffMs = 100;
export const retries = { a: 1, b: 0, c: 1, g: 1 } as const;

export type Leaf = "a" | "b" | "c";
export type Name = Leaf | "g";
export type TreeEvent =
  | `${"ready" | "fail" | "end"} ${Leaf}`
  | `${"start" | "stop" | "restart"} g`
  | "time"
  | "stop-tree";

export interface NodeModel {
  readonly state: "stopped" | "launching" | "up" | "stopping" | "backoff" | "failed";
  readonly comesBack: boolean;
  readonly exit: "failed" | "stopped" | null;
  readonly incarnation: number;
  readonly restarts: number;
  readonly failures: number;
  readonly byHand: boolean;
  readonly restarting: boolean;
  readonly leftMs: number;
}

export interface TreeModel {
  readonly mode: "starting" | "running" | "stopping" | "stopped" | "failed";
  /** Whether a child failed the tree, or failed to stop with it. */
  readonly wentWrong: boolean;
  /** The state of the supervisor of a and b. */
  readonly inside: "supervising" | "stopping" | "down";
  /** Whether a or b failed to stop. */
  readonly insideWrong: boolean;
  readonly nodes: Readonly<Record<Name, NodeModel>>;
}

const launching: NodeModel = {
  state: "launching",
  comesBack: false,
  exit: null,
  incarnation: 1,
  restarts: 0,
  failures: 0,
  byHand: false,
  restarting: false,
  leftMs: 0,
};

export const treeModel: Model<TreeModel, TreeEvent> = {
  initial: {
    mode: "starting",
    wentWrong: false,
    inside: "supervising",
    insideWrong: false,
    nodes: { a: launching, b: launching, c: launching, g: launching },
  },
  events: listEvents,
  next: (tree, event) => settle(take(tree, event)),
  key: (tree) =>
    JSON.stringify(tree, (key, value) => (key === "incarnation" || key === "restarts" ? undefined : value)),
};

export function toPublic({ state }: NodeModel): ServiceState {
  return state === "launching" ? "starting" : state === "up" ? "running" : state;
}

const isDown = ({ state }: NodeModel) => state === "stopped" || state === "failed";
const isSupervising = ({ mode }: TreeModel) => mode === "starting" || mode === "running";
const isWell = ({ inside, nodes }: TreeModel) =>
  inside === "supervising" && nodes.a.state === "up" && nodes.b.state === "up";

/** Whether a child is up and healthy; g is if its own children are. */
export function isHealthy(tree: TreeModel, name: Name): boolean {
  return tree.nodes[name].state === "up" && (name !== "g" || isWell(tree));
}

export function healthOf(tree: TreeModel): "healthy" | "unhealthy" {
  const isFine = (name: Name) =>
    isHealthy(tree, name) || (tree.nodes[name].state === "stopped" && tree.nodes[name].byHand);
  return isSupervising(tree) && isFine("g") && isFine("c") ? "healthy" : "unhealthy";
}

export function dueIn({ nodes }: TreeModel): number | null {
  const times = Object.values(nodes).flatMap(({ state, leftMs }) => (state === "backoff" ? [leftMs] : []));
  return times.length === 0 ? null : Math.min(...times);
}

function listEvents(tree: TreeModel): TreeEvent[] {
  const own = (["a", "b", "c"] as const).flatMap((name): TreeEvent[] => {
    const { state } = tree.nodes[name];
    if (state === "launching") return [`ready ${name}`, `fail ${name}`];
    if (state === "up") return [`fail ${name}`];
    return state === "stopping" ? [`end ${name}`, `fail ${name}`] : [];
  });
  const time: TreeEvent[] = dueIn(tree) === null ? [] : ["time"];
  const byHand: TreeEvent[] = isSupervising(tree) ? ["start g", "stop g", "restart g", "stop-tree"] : [];
  return [...own, ...time, ...byHand];
}

function put(tree: TreeModel, name: Name, change: Partial<NodeModel>): TreeModel {
  return { ...tree, nodes: { ...tree.nodes, [name]: { ...tree.nodes[name], ...change } } };
}

function launched({ incarnation }: NodeModel): Partial<NodeModel> {
  return { state: "launching", comesBack: false, incarnation: incarnation + 1, leftMs: 0 };
}

/** Begins g, with a and b each as if for the first time. */
function launchGroup(tree: TreeModel, change: Partial<NodeModel> = {}): TreeModel {
  const begun = put({ ...tree, inside: "supervising", insideWrong: false }, "g", {
    ...launched(tree.nodes.g),
    ...change,
  });
  const anew = { failures: 0, byHand: false };
  return put(put(begun, "a", { ...launched(begun.nodes.a), ...anew }), "b", { ...launched(begun.nodes.b), ...anew });
}

function take(tree: TreeModel, event: TreeEvent): TreeModel {
  if (event === "time") return elapse(tree, dueIn(tree)!);
  if (event === "stop-tree") return stopTree(tree);
  const [deed, name] = event.split(" ") as [string, Name];
  const node = tree.nodes[name];
  switch (deed) {
    case "ready":
      return put(tree, name, { state: "up" });
    case "end":
      return put(tree, name, { state: "stopped", exit: "stopped" });
    case "fail":
      return node.state === "stopping" ? failToStop(tree, name) : fail(tree, name);
    case "start":
      if (node.state === "launching" || node.state === "up") return tree;
      if (node.state === "stopping") return put(tree, "g", { comesBack: true, byHand: false, failures: 0 });
      return launchGroup(tree, { failures: 0, byHand: false });
    case "restart": {
      if (node.restarting) return tree;
      const change = { failures: 0, byHand: false, restarting: true };
      if (isDown(node) || node.state === "backoff") return launchGroup(tree, change);
      return stopGroup(put(tree, "g", { ...change, comesBack: true }), true);
    }
    default:
      return put(stopGroup(tree, false), "g", { byHand: true });
  }
}

/** Asks g to stop. */
function stopGroup(tree: TreeModel, comesBack: boolean): TreeModel {
  const { g } = tree.nodes;
  const restarting = comesBack && g.restarting;
  if (isDown(g)) return tree;
  if (g.state === "backoff") return put(tree, "g", { state: "stopped", leftMs: 0, restarting });
  return askInside(put(tree, "g", { state: "stopping", comesBack, restarting }));
}

/** Asks a and b to stop, if they have not been asked. */
function askInside(tree: TreeModel): TreeModel {
  if (tree.inside !== "supervising") return tree;
  return ask(ask({ ...tree, inside: "stopping" }, "a"), "b");
}

function ask(tree: TreeModel, name: Leaf): TreeModel {
  const { state } = tree.nodes[name];
  if (state === "backoff") return put(tree, name, { state: "stopped", leftMs: 0 });
  return state === "launching" || state === "up" ? put(tree, name, { state: "stopping" }) : tree;
}

function stopTree(tree: TreeModel): TreeModel {
  return { ...ask(stopGroup(tree, false), "c"), mode: "stopping" };
}

function failToStop(tree: TreeModel, name: Name): TreeModel {
  const failed = put(tree, name, { state: "failed", exit: "failed" });
  return name === "c" ? { ...failed, wentWrong: true } : { ...failed, insideWrong: true };
}

function fail(tree: TreeModel, name: Name): TreeModel {
  const failures = tree.nodes[name].failures + 1;
  const isFinal = failures > retries[name];
  const failed = put(tree, name, {
    ...{ failures, exit: "failed", state: isFinal ? "failed" : "backoff" },
    ...(isFinal ? { restarting: false } : { leftMs: backoffMs * 2 ** (failures - 1) }),
  } as Partial<NodeModel>);
  if (!isFinal) return failed;
  return name === "a" || name === "b" ? askInside(failed) : { ...stopTree(failed), wentWrong: true };
}

function elapse(tree: TreeModel, ms: number): TreeModel {
  let after = tree;
  for (const name of ["a", "b", "c", "g"] as const) {
    const { state, leftMs, restarts } = tree.nodes[name];
    if (state !== "backoff") continue;
    if (leftMs > ms) after = put(after, name, { leftMs: leftMs - ms });
    else if (name === "g") after = launchGroup(after, { restarts: restarts + 1 });
    else after = put(after, name, { ...launched(after.nodes[name]), restarts: restarts + 1 });
  }
  return after;
}

/** Takes every step that follows by itself. */
function settle(tree: TreeModel): TreeModel {
  const next = settleOnce(tree);
  return next === tree ? tree : settle(next);
}

function settleOnce(tree: TreeModel): TreeModel {
  const { mode, inside, insideWrong, wentWrong, nodes } = tree;
  const { a, b, c, g } = nodes;
  if (inside === "supervising" && g.state === "launching" && isWell(tree))
    return put(tree, "g", { state: "up", restarting: false });
  if (inside === "stopping" && isDown(a) && isDown(b)) return endGroup({ ...tree, inside: "down" }, insideWrong);
  if (mode === "stopping" && isDown(g) && isDown(c)) return { ...tree, mode: wentWrong ? "failed" : "stopped" };
  if (mode === "starting" && healthOf(tree) === "healthy") return { ...tree, mode: "running" };
  return tree;
}

/** Ends the incarnation of g once a and b are down. If it was asked to stop, only its stop counts. */
function endGroup(tree: TreeModel, stoppedBadly: boolean): TreeModel {
  const { g } = tree.nodes;
  if (g.state !== "stopping") return fail(tree, "g");
  const exit = stoppedBadly ? "failed" : "stopped";
  if (g.comesBack) return launchGroup(tree, { exit });
  const wentWrong = tree.wentWrong || (stoppedBadly && tree.mode === "stopping");
  return put({ ...tree, wentWrong }, "g", { exit, state: exit, restarting: false });
}
