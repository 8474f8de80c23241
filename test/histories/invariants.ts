// What holds of every tree at every moment. Each is told as the rule that was broken; nothing here asks the library's
// insides: only what a user can see, and what the services themselves have noted.

import { isDeepStrictEqual } from "node:util";
import { nextDelayMs } from "../../machines/policies/backoff.ts";
import type { ServiceStatus, Supervisor, TreeStatus, Update } from "../../src/index.ts";
import type { ChildShape, TreeShape } from "./shape.ts";

type Status = ServiceStatus | TreeStatus;
type StatusUpdate = Extract<Update, { type: "status" }>;

export function allStatuses(status: Status): Status[] {
  return [status, ...("services" in status ? status.services.flatMap(allStatuses) : [])];
}

/** Every shape of a tree by the path it has. */
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

/** What the updates tell, one after the other. */
export class Watcher {
  readonly broken: string[] = [];
  readonly unstopped = new Set<string>();
  readonly healthOf = new Map<string, string>();
  readonly log: string[] = [];
  /** Forgotten paths: a service of the same name is a new one. */
  readonly #last = new Map<string, StatusUpdate>();
  readonly #failures = new Map<string, number>();
  readonly #completed = new Set<string>();
  readonly #gone = new Set<string>();
  readonly #shapes: Map<string, ChildShape>;
  readonly #lastChance: () => number;
  #seq = 0;
  #at = 0;

  constructor(shapes: Map<string, ChildShape>, lastChance: () => number) {
    this.#shapes = shapes;
    this.#lastChance = lastChance;
  }

  note(update: Update): void {
    const { seq, at, path } = update;
    this.log.push(JSON.stringify(update, (_, value) => (value instanceof Error ? String(value) : value)));
    if (seq !== this.#seq + 1) this.broken.push(`update ${seq} follows ${this.#seq}`);
    if (at < this.#at) this.broken.push(`update ${seq} is of ${at}, the one before of ${this.#at}`);
    this.#seq = seq;
    this.#at = at;
    if (update.type === "health") this.#noteHealth(update);
    if (update.type === "unstopped") this.unstopped.add(`${path} ${update.incarnation}`);
    if (update.type === "status") this.#noteStatus(update);
  }

  #noteHealth({ seq, path, from, to }: Extract<Update, { type: "health" }>): void {
    const before = this.healthOf.get(path) ?? "unhealthy";
    // One that was forgotten and is back begins anew.
    if (before !== from && from !== "unhealthy")
      this.broken.push(`update ${seq}: health of ${path} from ${from}, was ${before}`);
    this.healthOf.set(path, to);
  }

  #noteStatus(update: StatusUpdate): void {
    const { seq, path, from, to, phase, incarnation, exit } = update;
    const before = this.#last.get(path);
    const isNew = from === "stopped" && (before === undefined || incarnation < 2);
    if (!isNew && before?.to !== from) this.broken.push(`update ${seq}: ${path} from ${from}, was ${before?.to}`);
    const wasAlive = !isNew && before !== undefined && isAlive(before);
    const isLeft = wasAlive && (!isAlive(update) || incarnation > before.incarnation);
    const isHopeless = from === "starting" && to === "failed";
    if ((isLeft || isHopeless) !== (exit !== undefined))
      this.broken.push(`update ${seq}: ${path} has ${exit ? "an" : "no"} exit`);
    if (to === "backoff" && from !== "backoff") this.#checkDelay(update);
    this.#last.set(path, update);
    if (to === "stopped" && exit?.kind === "completed") this.#completed.add(path);
    if (to !== "starting" || phase !== "launching") return;
    this.#completed.delete(path);
    this.#checkGate(update);
  }

  #checkDelay({ seq, path, delayMs, failures = 0, exit }: StatusUpdate): void {
    // One more than the last time, or the first again: it was up for long, or somebody started it.
    const before = this.#failures.get(path) ?? 0;
    this.#failures.set(path, failures);
    if (exit?.kind !== "completed" && failures !== before + 1 && failures !== 1) {
      this.broken.push(`update ${seq}: ${path} has failed ${failures} times in a row, the last time it was ${before}`);
    }
    const rule = this.#shapes.get(path)?.restart;
    if (!rule) return;
    const given = { ...rule, multiplier: 2 };
    const chance = rule.jitter === 0 ? 0.5 : this.#lastChance();
    const expected = exit?.kind === "completed" ? rule.initialBackoffMs : nextDelayMs(given, failures, chance);
    if (delayMs !== expected) this.broken.push(`update ${seq}: ${path} waits ${delayMs}, its policy says ${expected}`);
    if (exit?.kind !== "completed" && failures > rule.maxRetries) {
      this.broken.push(
        `update ${seq}: ${path} is retried after ${failures} failures, maxRetries is ${rule.maxRetries}`,
      );
    }
  }

  /** At the moment of its launch, what it requires is as it requires it. */
  #checkGate({ seq, path }: StatusUpdate): void {
    const parent = path.slice(0, path.lastIndexOf("/"));
    for (const { service, condition = "healthy", required = true } of this.#shapes.get(path)?.dependsOn ?? []) {
      const now = this.#last.get(`${parent}/${service as string}`);
      if (!required || this.#gone.has(`${parent}/${service as string}`)) continue;
      const isUp = now?.to === "running";
      const isMet =
        condition === "started"
          ? isUp
          : condition === "healthy"
            ? isUp && now.phase === "healthy"
            : now?.to === "stopped" && this.#completed.has(`${parent}/${service as string}`);
      if (!isMet)
        this.broken.push(`update ${seq}: ${path} starts, and ${service} is ${now?.to} ${now?.phase}, not ${condition}`);
    }
  }

  /** It was removed, or is another one from now on. */
  forget(path: string): void {
    this.#gone.add(path);
  }
}

function isAlive({ to, phase }: StatusUpdate): boolean {
  return to === "running" || to === "stopping" || (to === "starting" && phase === "launching");
}

/** What is wrong with what can be asked of the tree now. */
export function findContradictions(
  supervisor: Supervisor,
  healthOf: ReadonlyMap<string, string>,
  shapes: ReadonlyMap<string, ChildShape>,
): string[] {
  const tree = supervisor.status();
  const report = supervisor.health();
  const wrong: string[] = [];
  const all = allStatuses(tree);
  if ((supervisor.actor.getSnapshot() as { status: string }).status !== "active") wrong.push("the root actor is over");
  const paths = all.slice(1).map(({ path }) => path);
  if (!isDeepStrictEqual(Object.keys(report.services), paths))
    wrong.push("health() tells of other services than status()");
  for (const status of all) {
    const { path, state, phase, nextAttemptAt, waitingFor, error, healthy } = status;
    const told = supervisor.explain(path);
    const same = [
      [told.state, state],
      [told.phase, phase],
      [told.nextAttemptAt, nextAttemptAt],
      [told.lastError?.message, error?.message],
      [told.waitingFor.map((one) => one.path).join(), waitingFor.join()],
    ];
    if (same.some(([a, b]) => a !== b)) wrong.push(`explain(${path}) contradicts status: ${JSON.stringify(same)}`);
    const rule = shapes.get(path)?.restart;
    if (rule && told.retriesLeft !== Math.max(0, rule.maxRetries - status.failures)) {
      wrong.push(`explain(${path}): ${told.retriesLeft} retries left after ${status.failures} failures`);
    }
    if (waitingFor.length > 0 && phase !== "waiting") wrong.push(`${path} waits, and is ${state} ${phase}`);
    if (healthy !== (state === "running" && phase === "healthy"))
      wrong.push(`${path} is ${healthy ? "" : "not "}healthy`);
    if ("services" in status) wrong.push(...findFamilyContradictions(supervisor, status, healthOf));
    const short = report.services[path];
    if (short && (short.state !== state || short.healthy !== healthy || short.running !== (state === "running"))) {
      wrong.push(`health().services["${path}"] contradicts status`);
    }
  }
  return wrong;
}

function findFamilyContradictions(
  supervisor: Supervisor,
  { path, state, counts, services }: TreeStatus,
  healthOf: ReadonlyMap<string, string>,
): string[] {
  const wrong: string[] = [];
  const recounted: Record<string, number> = { stopped: 0, starting: 0, running: 0, stopping: 0, backoff: 0, failed: 0 };
  for (const child of services) recounted[child.state]!++;
  if (!isDeepStrictEqual({ ...counts }, recounted)) wrong.push(`counts of ${path}: ${JSON.stringify(counts)}`);
  const told = healthOf.get(path) ?? "unhealthy";
  // A start or a regrouping may lag behind its children; a health that is told must be deserved.
  const expected =
    state === "running" || state === "starting" ? recountHealth(supervisor, services, healthOf) : "unhealthy";
  const isDeserved = told === expected || (told === "unhealthy" && state !== "running");
  if (!isDeserved && !isRegrouping(services))
    wrong.push(`${path} is told to be ${told}, its children make it ${expected}`);
  return wrong;
}

function isRegrouping(services: readonly Status[]): boolean {
  return services.some(({ state }) => state === "stopping" || state === "backoff");
}

/** From scratch, from what is told of each child. */
function recountHealth(
  supervisor: Supervisor,
  services: readonly Status[],
  healthOf: ReadonlyMap<string, string>,
): string {
  const { services: report } = supervisor.health();
  const isExcused = ({ path, state, exit }: Status) => {
    if (state !== "stopped") return false;
    const { summary } = supervisor.explain(path);
    return /^(completed|stopped by hand)/.test(summary) || (/^stopped for good/.test(summary) && exit !== "stopped");
  };
  const counted = services.filter((child) => !isExcused(child));
  if (counted.some(({ path, healthy }) => report[path]!.critical && !healthy)) return "unhealthy";
  const lessens = ({ path, healthy }: Status) => !healthy || healthOf.get(path) === "degraded";
  return counted.some(lessens) ? "degraded" : "healthy";
}
