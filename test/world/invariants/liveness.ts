// liveness.ts: invariants of a moment at which everything has happened that follows from the last command: nothing waits
// for what cannot come. Time alone, the user, or the code of a service may be waited for.

import type { Dependency, HealthReport } from "../../../src/index.ts";
import { probeRule } from "../puppets.ts";
import { type ChildShape, canComeUp } from "../shape.ts";
import { recountHealth, type Status } from "./moment.ts";

export type Lifecycle = "stopped" | "starting" | "running" | "regrouping" | "stopping" | "failed";

/** What there is to see of a tree at one moment. */
export interface Look {
  readonly now: number;
  readonly statuses: ReadonlyMap<string, Status>;
  readonly report: HealthReport;
  readonly healthOf: ReadonlyMap<string, string>;
  readonly shapes: ReadonlyMap<string, ChildShape>;
  /** A new definition is under way: what it removes counts as gone, and what that requires may go first. */
  readonly isRedefining: boolean;
  /** The timers of the tree and of the code of its services. */
  readonly timers: number;
  /** The state of the chart of a supervisor. */
  lifecycleOf(path: string): Lifecycle | undefined;
  /** The number of incarnations of a path that live. */
  livesOf(path: string): number;
  /** When the last check of a path began; undefined while one has not settled. */
  checkedAt(path: string): number | undefined;
}

/** What waits for something that cannot come. */
export function findStuck(look: Look): string[] {
  const isStopping = [...look.statuses.values()].some(({ state }) => state === "stopping");
  return [...look.statuses.values()].flatMap((status) => {
    const missing = look.isRedefining ? undefined : findMissing(look, status);
    if (missing !== undefined) return [`${status.path} requires ${missing.service as string}, which is not there`];
    const why = whyStuck(look, status, isStopping);
    return why === null ? [] : [`${status.path} is ${status.state} ${status.phase}, and ${why}`];
  });
}

function whyStuck(look: Look, status: Status, isStopping: boolean): string | null {
  const { path, state, phase } = status;
  const parent = parentOf(path);
  switch (phase ?? state) {
    case "idle":
      return isSupervising(look.lifecycleOf(parent)) ? "its supervisor is up" : null;
    case "grouped":
      return look.lifecycleOf(parent) === "regrouping" || isStopping ? null : "nothing will start it again";
    case "held":
      return look.lifecycleOf(parent) === "regrouping" ? null : "its supervisor restarts no group";
    case "scheduled":
      return status.nextRunAt === null ? "there is no next run" : null;
    case "counting":
    case "delaying":
      return look.timers > 0 ? null : "no timer is set";
    case "waiting":
      return whyNotWaiting(look, status);
    case "launching":
      return whyNotLaunching(look, status);
    case "stopping":
      return whyNotStopping(look, status);
    case "healthy":
    case "unhealthy":
      return whyNotProbed(look, status);
    default:
      if (path.includes("/") || look.lifecycleOf(path) !== "starting") return null;
      return whyNotStarting(look, status);
  }
}

/** The path of its supervisor; the root is its own. */
function parentOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : path;
}

function isSupervising(lifecycle: Lifecycle | undefined): boolean {
  return lifecycle === "starting" || lifecycle === "running" || lifecycle === "regrouping";
}

/** A dependency that it requires, and that there is no service for. */
function findMissing({ statuses, shapes }: Look, { path }: Status): Dependency | undefined {
  const isThere = ({ service }: Dependency) => statuses.has(`${parentOf(path)}/${service as string}`);
  return shapes.get(path)?.dependsOn?.find((one) => one.required !== false && !isThere(one));
}

function whyNotWaiting({ statuses, shapes }: Look, { path, waitingFor }: Status): string | null {
  const dependencies = shapes.get(path)?.dependsOn;
  if (dependencies === undefined) return null;
  // It waits for a service inside a dependency, too, if its last incarnation held that one's value.
  const isGiver = (giver: string) => giver.slice(parentOf(path).length + 1).includes("/");
  const givers = waitingFor
    .filter(isGiver)
    .map((giver) => judge({ service: giver, condition: "started" }, statuses.get(giver)));
  if (givers.includes("closed")) return null;
  const verdicts = dependencies.map((one) => judge(one, statuses.get(`${parentOf(path)}/${one.service as string}`)));
  if (verdicts.includes("hopeless")) return "a dependency is beyond hope";
  return verdicts.every((verdict) => verdict === "met") ? "its gate is open" : null;
}

/** One dependency, judged from what its status says. */
export function judge(
  { condition = "healthy", required = true }: Dependency,
  status: Status | undefined,
): "met" | "closed" | "hopeless" {
  // Only an optional dependency can be removed.
  if (status === undefined) return "met";
  const { state, phase } = status;
  const hasCompleted = phase === "completed";
  const isMet =
    condition === "completed" ? hasCompleted : state === "running" && (condition === "started" || phase === "healthy");
  const isHopeless =
    phase === "dismissed" || (state === "failed" && phase === null) || (hasCompleted && condition !== "completed");
  if (isMet) return "met";
  if (!isHopeless) return "closed";
  return required ? "hopeless" : "met";
}

function isWanted(look: Look, path: string): boolean {
  const parent = parentOf(path);
  return parent === path || (isSupervising(look.lifecycleOf(parent)) && isWanted(look, parent));
}

function whyNotLaunching(look: Look, status: Status): string | null {
  const { path } = status;
  if ("services" in status) {
    return look.lifecycleOf(path) === "starting" ? whyNotStarting(look, status) : null;
  }
  const { body } = look.shapes.get(path) ?? {};
  // Its code does not begin once a supervisor above it was asked to stop.
  if (!isWanted(look, path)) return null;
  return body === undefined || body === "start" || body === "signal" ? null : "its code has begun";
}

/** A start is over when every critical service is up, and has failed when one of them has failed for good. */
function whyNotStarting({ report, healthOf, shapes }: Look, status: Status): string | null {
  if (!("services" in status)) return null;
  const lost = status.services.find(({ path, state, phase }) => {
    return report.services[path]!.critical && state === "failed" && phase === null;
  });
  if (lost !== undefined) return `${lost.path}, which is critical, has failed for good`;
  return recountHealth(report, status.services, healthOf, shapes) === "unhealthy"
    ? null
    : "every critical service is up";
}

function whyNotStopping(look: Look, status: Status): string | null {
  if ("services" in status) {
    const isOver = status.services.every(({ state }) => state === "stopped" || state === "failed");
    return isOver ? "everything in it is down" : null;
  }
  return look.livesOf(status.path) === 0 ? "its code is over" : null;
}

function whyNotProbed(look: Look, { path, since }: Status): string | null {
  const checkedAt = look.checkedAt(path);
  if (look.shapes.get(path)?.probe === undefined || checkedAt === undefined) return null;
  const waitedMs = look.now - Math.max(checkedAt, since);
  return waitedMs > probeRule.intervalMs + probeRule.timeoutMs ? `its probe has not run for ${waitedMs} ms` : null;
}

/**
 * What is still on its way, though every service has done well for long. Only a condition may be waited for. A tree in
 * which a service takes longer to come up than it may tries again and again.
 */
export function findUnsettled(look: Look): string[] {
  const [root, ...statuses] = look.statuses.values();
  if (!isSupervising(look.lifecycleOf(root!.path)) || ![...look.shapes.values()].every(canComeUp)) return [];
  return statuses.flatMap((status) => {
    const { path, state, phase } = status;
    const isNested = "services" in status;
    if (state === "stopped" || state === "failed" || phase === "waiting" || phase === "healthy") return [];
    if (isNested && (phase === "launching" || phase === "unhealthy")) return [];
    return [`${path} is ${state} ${phase} for ever`];
  });
}
