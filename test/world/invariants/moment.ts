// moment.ts: invariants of a moment: what can be asked of a tree now, held against itself and against its updates.

import { isDeepStrictEqual } from "node:util";
import type { HealthReport, ServiceState, ServiceStatus, Supervisor, TreeStatus } from "../../../src/index.ts";
import type { ChildShape, TreeShape } from "../shape.ts";
import { countsAs } from "./updates.ts";

export type Status = ServiceStatus | TreeStatus;

/** Every status of a tree: the root's, then depth first. */
export function allStatuses(status: Status): Status[] {
  return [status, ...("services" in status ? status.services.flatMap(allStatuses) : [])];
}

/** Every shape of a tree by its path. */
export function shapesOf(tree: TreeShape): Map<string, ChildShape> {
  const shapes = new Map<string, ChildShape>();
  const visit = (children: readonly ChildShape[], parent: string): void => {
    for (const child of children) {
      shapes.set(`${parent}/${child.name}`, child);
      visit(child.services ?? [], `${parent}/${child.name}`);
    }
  };
  visit(tree.services, "app");
  return shapes;
}

/** What a reader of the handle can find wrong now. `healthOf`: the health of each supervisor as its updates reported it. */
export function findContradictions(
  supervisor: Supervisor,
  now: number,
  shapes: ReadonlyMap<string, ChildShape> = new Map(),
  healthOf?: ReadonlyMap<string, string>,
  tree = supervisor.status(),
): string[] {
  const report = supervisor.health();
  const wrong: string[] = [];
  const all = allStatuses(tree);
  if ((supervisor.actor.getSnapshot() as { status: string }).status !== "active") wrong.push("the root actor is over");
  if (healthOf && report.status !== (healthOf.get(tree.path) ?? "unhealthy")) {
    wrong.push(`health() is ${report.status}, the last update said ${healthOf.get(tree.path)}`);
  }
  const paths = all.slice(1).map(({ path }) => path);
  if (Object.keys(report.services).join() !== paths.join()) {
    wrong.push("health() lists other services than status()");
  }
  for (const status of all) {
    const { path, state, phase, nextAttemptAt, waitingFor, healthy } = status;
    wrong.push(...findUnexplained(supervisor, status, shapes.get(path)));
    if (waitingFor.length > 0 && phase !== "waiting") wrong.push(`${path} waits, and is ${state} ${phase}`);
    if (nextAttemptAt !== null && nextAttemptAt < now) wrong.push(`${path} is late: it was due at ${nextAttemptAt}`);
    if (status.nextRunAt !== null && status.nextRunAt < now) wrong.push(`the next run of ${path} was due before`);
    if (healthy !== (state === "running" && phase === "healthy")) {
      wrong.push(`${path} is ${healthy ? "" : "not "}healthy`);
    }
    if ("services" in status) wrong.push(...findFamilyContradictions(report, status, healthOf, shapes));
    const short = report.services[path];
    if (short && (short.state !== state || short.healthy !== healthy || short.running !== (state === "running"))) {
      wrong.push(`health().services["${path}"] contradicts status`);
    }
  }
  return wrong;
}

/** Where `explain` and `status` of a service differ. */
function findUnexplained(supervisor: Supervisor, status: Status, shape: ChildShape | undefined): string[] {
  const { path, state, phase, nextAttemptAt, waitingFor, error, failures } = status;
  const explanation = supervisor.explain(path);
  const wrong: string[] = [];
  const same = [
    [explanation.path, path],
    [explanation.state, state],
    [explanation.phase, phase],
    [explanation.nextAttemptAt, nextAttemptAt],
    [explanation.lastError?.message, error?.message],
    [explanation.waitingFor.map((one) => one.path).join(), waitingFor.join()],
  ];
  if (same.some(([a, b]) => a !== b)) wrong.push(`explain(${path}) contradicts status: ${JSON.stringify(same)}`);
  if (explanation.summary === "") wrong.push(`explain(${path}) has no summary`);
  const rule = shape?.restart;
  if (rule && explanation.retriesLeft !== Math.max(0, rule.maxRetries - failures)) {
    wrong.push(`explain(${path}): ${explanation.retriesLeft} retries left after ${failures} failures`);
  }
  return wrong;
}

function findFamilyContradictions(
  report: HealthReport,
  { path, state, strategy, counts, services }: TreeStatus,
  healthOf: ReadonlyMap<string, string> | undefined,
  shapes: ReadonlyMap<string, ChildShape>,
): string[] {
  const wrong: string[] = [];
  const recounted: Record<string, number> = { stopped: 0, starting: 0, running: 0, stopping: 0, backoff: 0, failed: 0 };
  for (const child of services) recounted[child.state]!++;
  if (Object.entries(recounted).some(([name, count]) => counts[name as ServiceState] !== count))
    wrong.push(`counts of ${path}: ${JSON.stringify(counts)}`);
  if (!healthOf) return wrong;
  const reported = healthOf.get(path) ?? "unhealthy";
  const expected =
    state === "running" || state === "starting" ? recountHealth(report, services, healthOf, shapes) : "unhealthy";
  // The health may lag behind while a supervisor starts or regroups; a reported health must be deserved.
  // One that fails while its group stops it was stopped by its `decide`, or by its group: its updates do not tell which.
  const isOfGroup =
    strategy !== "one-for-one" &&
    expected === "healthy" &&
    reported === recountHealth(report, services, healthOf, shapes, false);
  const isDeserved = reported === expected || isOfGroup || (reported === "unhealthy" && state !== "running");
  if (!isDeserved && !isRegrouping(services)) {
    wrong.push(`${path} is reported to be ${reported}, its children make it ${expected}`);
  }
  return wrong;
}

function isRegrouping(services: readonly Status[]): boolean {
  return services.some(({ state, phase }) => state === "stopping" || phase === "held");
}

/**
 * The health of a supervisor, counted from what is reported of each child. `excusesStopped`: whether one that has failed and
 * was stopped for good does not count.
 */
export function recountHealth(
  { services: report }: HealthReport,
  services: readonly Status[],
  healthOf: ReadonlyMap<string, string>,
  shapes: ReadonlyMap<string, ChildShape>,
  excusesStopped = true,
): string {
  const isScheduled = ({ path }: Status) => shapes.get(path)?.everyMs !== undefined;
  const isExcused = (child: Status) =>
    child.phase === "byHand" ||
    child.phase === "completed" ||
    (isScheduled(child) && child.state !== "failed") ||
    (excusesStopped && healthOf.get(countsAs(child.path)) === "excused");
  const counted = services.filter((child) => !isExcused(child));
  const isHealthy = ({ path, healthy }: Status) => healthy || healthOf.get(countsAs(path)) === "healthy";
  if (counted.some((child) => report[child.path]!.critical && !isHealthy(child))) return "unhealthy";
  const lessens = (child: Status) => !isHealthy(child) || healthOf.get(child.path) === "degraded";
  return counted.some(lessens) ? "degraded" : "healthy";
}

/** Whether a status survives JSON. Apart from the others, since it costs more than all of them. */
export function findUnserialisable(supervisor: Supervisor): string[] {
  const status = supervisor.status();
  return isDeepStrictEqual(JSON.parse(JSON.stringify(status)), status) ? [] : ["status() is not plain JSON"];
}
