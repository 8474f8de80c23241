// updates.ts: invariants of the updates: what must hold of each one after those before it.

import { nextDelayMs } from "../../../machines/policies/backoff.ts";
import type { ServiceStatus, Update } from "../../../src/index.ts";
import type { ChildShape } from "../shape.ts";

type StatusUpdate = Extract<Update, { type: "status" }>;

/** Where `healthOf` has what a service counts as that does not run: the rating that it keeps between two runs, or "excused". */
export const countsAs = (path: string): string => `${path} counts as`;

/** Reads updates in order and collects the rules that they break. Delays and gates are checked where a shape is known. */
export class UpdateChecker {
  readonly broken: string[] = [];
  /** `"path incarnation"` of each incarnation that was reported unstopped. */
  readonly unstopped = new Set<string>();
  /** The last reported health of each supervisor. */
  readonly healthOf = new Map<string, string>();
  readonly #updates: Update[] = [];
  readonly #last = new Map<string, StatusUpdate>();
  readonly #failures = new Map<string, number>();
  readonly #completed = new Set<string>();
  readonly #gone = new Set<string>();
  readonly #shapes: Map<string, ChildShape>;
  readonly #lastChance: () => number;
  #seq: number | null = null;
  #at = Number.NEGATIVE_INFINITY;

  constructor(shapes: Map<string, ChildShape> = new Map(), lastChance: () => number = () => 0.5) {
    this.#shapes = shapes;
    this.#lastChance = lastChance;
  }

  get count(): number {
    return this.#updates.length;
  }

  /** The updates from one on, each as JSON. */
  log(from = 0): string[] {
    const plain = (_: string, value: unknown) => (value instanceof Error ? String(value) : value);
    return this.#updates.slice(from).map((update) => JSON.stringify(update, plain));
  }

  note(update: Update): void {
    const { seq, at, path } = update;
    this.#updates.push(update);
    if (this.#seq !== null && seq !== this.#seq + 1) this.broken.push(`update ${seq} follows ${this.#seq}`);
    if (at < this.#at) this.broken.push(`update ${seq} is of ${at}, the one before of ${this.#at}`);
    this.#seq = seq;
    this.#at = at;
    if (update.type === "health") this.#noteHealth(update);
    if (update.type === "unstopped") this.unstopped.add(`${path} ${update.incarnation}`);
    if (update.type === "status") this.#noteStatus(update);
    if (update.type === "removed") this.#noteRemoved(path);
  }

  /** The path may name a different service from now on: its shape no longer says what is required. */
  forget(path: string): void {
    this.#shapes.delete(path);
  }

  /** What a status contradicts of the last update about its path. */
  findOutdated({ path, state, phase }: ServiceStatus): string[] {
    const last = this.#last.get(path);
    if (!last || (last.to === state && last.phase === phase)) return [];
    return [`status(${path}) is ${state} ${phase}, its last update said ${last.to} ${last.phase}`];
  }

  #noteRemoved(path: string): void {
    // What has not begun yet has no update, but a shape.
    for (const known of [path, ...this.#last.keys(), ...this.#shapes.keys()]) {
      if (known !== path && !known.startsWith(`${path}/`)) continue;
      this.#last.delete(known);
      this.#failures.delete(known);
      this.#completed.delete(known);
      this.healthOf.delete(known);
      this.healthOf.delete(countsAs(known));
      this.forget(known);
    }
    this.#gone.add(path);
  }

  #noteHealth({ seq, path, from, to }: Extract<Update, { type: "health" }>): void {
    const before = this.healthOf.get(path) ?? "unhealthy";
    if (before !== from) this.broken.push(`update ${seq}: health of ${path} from ${from}, was ${before}`);
    this.healthOf.set(path, to);
  }

  #noteStatus(update: StatusUpdate): void {
    const { seq, path, from, to, phase, incarnation, exit } = update;
    this.#gone.delete(path);
    const before = this.#last.get(path);
    const was = before?.to ?? "stopped";
    if (was !== from) this.broken.push(`update ${seq}: ${path} from ${from}, was ${was}`);
    if (incarnation < (before?.incarnation ?? 0)) {
      this.broken.push(`update ${seq}: ${path} is incarnation ${incarnation}, was ${before!.incarnation}`);
    }
    const isLeft = before !== undefined && isAlive(before) && (!isAlive(update) || incarnation > before.incarnation);
    const isHopeless = from === "starting" && to === "failed";
    if ((isLeft || isHopeless) !== (exit !== undefined)) {
      this.broken.push(`update ${seq}: ${path} from ${from} to ${to} has ${exit ? "an" : "no"} exit`);
    }
    if (to === "backoff" && from !== "backoff") this.#checkDelay(update);
    this.#noteRating(update, before);
    this.#last.set(path, update);
    if (to === "stopped" && exit?.kind === "completed") this.#completed.add(path);
    if (to !== "starting" || phase !== "launching") return;
    this.#completed.delete(path);
    this.#checkGate(update);
  }

  /**
   * One that has completed a run counts for health as in that run, until the next one begins. One that its `decide` has
   * stopped does not count, but one that its group has stopped for good does, also where it was failing meanwhile.
   */
  #noteRating({ path, from, to, phase, exit }: StatusUpdate, before: StatusUpdate | undefined): void {
    const shape = this.#shapes.get(path);
    const isDecided = shape === undefined || shape.decide !== undefined;
    const isPending = to === "starting" && phase !== "launching" && (from === "backoff" || from === "starting");
    if (to === "backoff" && exit?.kind === "completed") {
      this.healthOf.set(countsAs(path), before?.phase === "healthy" ? "healthy" : "unhealthy");
    } else if (phase === "dismissed" && isDecided && exit !== undefined && exit.kind !== "stopped") {
      this.healthOf.set(countsAs(path), "excused");
    } else if (!isPending) this.healthOf.delete(countsAs(path));
  }

  #checkDelay({ seq, path, delayMs, failures = 0, exit }: StatusUpdate): void {
    // Failures in a row count up by one, or begin again: after a long time up, or a start by hand.
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

  /** At the launch of a service each dependency that it requires meets its condition. */
  #checkGate({ seq, path }: StatusUpdate): void {
    const parent = path.slice(0, path.lastIndexOf("/"));
    for (const { service, condition = "healthy", required = true } of this.#shapes.get(path)?.dependsOn ?? []) {
      const now = this.#last.get(`${parent}/${service as string}`);
      if (!required) continue;
      const isUp = now?.to === "running";
      const isMet =
        condition === "started"
          ? isUp
          : condition === "healthy"
            ? isUp && now.phase === "healthy"
            : now?.to === "stopped" && this.#completed.has(`${parent}/${service as string}`);
      if (isMet) continue;
      this.broken.push(`update ${seq}: ${path} starts, and ${service} is ${now?.to} ${now?.phase}, not ${condition}`);
    }
  }
}

function isAlive({ to, phase }: StatusUpdate): boolean {
  return to === "running" || to === "stopping" || (to === "starting" && phase === "launching");
}
