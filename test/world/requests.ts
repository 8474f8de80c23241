// requests.ts: the promises of the verbs of a tree, each with what it waits for.

import type { SupervisorError } from "../../src/index.ts";
import { type Watched, watch } from "../support/promises.ts";
import type { Status } from "./invariants/moment.ts";
import type { ChildShape } from "./shape.ts";

interface Request {
  readonly verb: string;
  /** The service that it is about; null for the whole tree. */
  readonly path: string | null;
  readonly promise: Watched<unknown>;
  /** Its place among the calls. */
  place: number;
}

/** The states in which a service stays until somebody asks for something else. */
function isAtRest({ state, phase }: Status): boolean {
  return phase !== "grouped" && (state === "stopped" || state === "failed" || phase === "healthy");
}

export const waitsForUp = ["startService", "restartService", "addService"];
const waitsForDown = ["stopService", "removeService"];
/** The codes of calls that were refused before they did anything. */
const refusals = ["ERR_INVALID_SPEC", "ERR_NOT_RUNNING", "ERR_UNKNOWN_SERVICE", "ERR_DUPLICATE_NAME"];

export class Requests {
  #open: Request[] = [];
  /** The calls so far, in order: how often each path was asked to start, and when it was asked to stop last. */
  #calls = 0;
  readonly #asked = new Map<string, { start: number; stop: number }>();
  #startedAt = 0;
  /** The last call that stops something, wherever in the tree. */
  #stoppedAt = 0;

  /** The number of open requests. */
  get size(): number {
    return this.#open.length;
  }

  /** The tree was asked to start. */
  noteStart(): void {
    this.#startedAt = ++this.#calls;
  }

  /** Something was asked for that stops other services than the one it names. */
  noteStop(): void {
    this.#stoppedAt = ++this.#calls;
  }

  /** Calls a verb. What it does at once happens while it is under way. `whenItActs`: when it counts as asked for. */
  call(
    verb: string,
    path: string | null,
    act: () => Promise<unknown>,
    whenItActs = (note: () => void) => note(),
  ): Promise<unknown> {
    const request = { verb, path, promise: watch(new Promise<unknown>(() => {})), place: this.#calls };
    this.#open.push(request);
    let takeBack = () => {};
    whenItActs(() => {
      if (path !== null) takeBack = this.#note(verb, path);
      request.place = this.#calls;
    });
    const promise = act();
    request.promise = watch(promise);
    promise.catch(({ code }: { code?: string }) => refusals.includes(code ?? "") && takeBack());
    return promise;
  }

  /** A restart is a stop, and then a start. Returns a function for a call that is refused: nothing was asked for. */
  #note(verb: string, path: string): () => void {
    const asked = this.#asked.get(path) ?? { start: 0, stop: 0 };
    const before = { ...asked };
    this.#asked.set(path, asked);
    if (verb !== "startService" && verb !== "addService") asked.stop = this.#stoppedAt = ++this.#calls;
    if (verb !== "stopService" && verb !== "removeService") asked.start = ++this.#calls;
    const noted = { ...asked };
    return () => {
      if (asked.stop === noted.stop) asked.stop = before.stop;
      if (asked.start === noted.start) asked.start = before.start;
    };
  }

  get pending(): string[] {
    return this.#open.filter(({ promise }) => promise.state === "pending").map(({ verb, path }) => `${verb} ${path}`);
  }

  /** Whether a stop or a restart of the service by hand is under way. */
  isAskedToStop(path: string): boolean {
    return this.#open.some(
      (one) =>
        one.path === path &&
        (one.verb === "stopService" || one.verb === "restartService") &&
        one.promise.state === "pending",
    );
  }

  /** Whether the user has asked one service to start after asking the other one to stop. */
  isStartedAfter(path: string, other: string): boolean {
    return (this.#asked.get(path)?.start ?? 0) > (this.#asked.get(other)?.stop ?? 0);
  }

  /** Drops what has settled, and finds what is pending though what it waits for is settled. */
  findWrong(statuses: ReadonlyMap<string, Status>, root: Status, shapes: ReadonlyMap<string, ChildShape>): string[] {
    const wrong: string[] = [];
    // A definition that waited may remove what was asked to start meanwhile, and may be done by now.
    const isRedefined = this.#open.some(({ verb }) => verb === "redefine");
    this.#open = this.#open.filter(({ verb, path, promise, place }) => {
      if (promise.state === "rejected") {
        wrong.push(...findStrange(verb, path, promise.error));
        const isAborted = waitsForUp.includes(verb) && promise.error.code === "ERR_START_ABORTED";
        const phase = statuses.get(path ?? "")?.phase;
        // `decide` may have stopped it (one that was being added is gone then), and a group that restarts leaves one with
        // a schedule to its next run, and stops one that never restarts, which may fail.
        const shape = shapes.get(path ?? "");
        const isLeft = shape?.everyMs !== undefined || shape?.restart?.policy === "never";
        const isDismissed = phase === undefined || phase === "dismissed" || isLeft || isRedefined;
        if (isAborted && !isDismissed && place > this.#stoppedAt && root.state === "running") {
          wrong.push(`${verb} ${path} was aborted, and nobody has asked for a stop after it`);
        }
      }
      if (promise.state === "resolved" && path !== null)
        wrong.push(...this.#findUndone(verb, path, statuses.get(path), place));
      return promise.state === "pending";
    });
    // A verb may wait for the dependants that stop before its service.
    const isStopping = [...statuses.values()].some(({ state }) => state === "stopping");
    for (const { verb, path } of this.#open) {
      const status = path === null ? root : statuses.get(path);
      const what = `${verb}${path === null ? "" : ` ${path}`} is pending`;
      if (verb === "stop" && root.state !== "stopping") wrong.push(`${what}, and the tree is ${root.state}`);
      if (isStopping || path === null) continue;
      if (waitsForDown.includes(verb)) wrong.push(`${what}, and nothing stops`);
      if (!waitsForUp.includes(verb)) continue;
      if (status === undefined) wrong.push(`${what}, and it is gone`);
      else if (isAtRest(status)) wrong.push(`${what}, and it is ${status.state} ${status.phase}`);
    }
    return wrong;
  }

  /** Whether a new definition is under way. */
  get isRedefining(): boolean {
    return this.#open.some((one) => one.verb === "redefine" && one.promise.state === "pending");
  }

  /** What a verb has not done, though it says so. A service of a nested supervisor may be back with it. */
  #findUndone(verb: string, path: string, status: Status | undefined, place: number): string[] {
    const isStartedSince = Math.max(this.#startedAt, this.#asked.get(path)?.start ?? 0) > place;
    // One that waits for another is done later than what was asked meanwhile, and brings back what its definition has.
    if (status === undefined || isStartedSince || this.isRedefining || path.split("/").length > 2) return [];
    if (verb === "removeService") return [`removeService ${path} has resolved, and it is there`];
    const isUp = status.state === "running" || status.state === "starting" || status.state === "backoff";
    return verb === "stopService" && isUp ? [`stopService ${path} has resolved, and it is ${status.state}`] : [];
  }

  /** What is still pending when all is over. */
  findLeft(): string[] {
    return this.pending.map((what) => `${what} is still pending`);
  }
}

function findStrange(verb: string, path: string | null, error: SupervisorError): string[] {
  const { code } = error as { code?: string };
  if (code === "ERR_INTERNAL") return [`${verb} ${path ?? ""} rejected with ${String(error)}`];
  return /^ERR_/.test(code ?? "") ? [] : [`${verb} ${path ?? ""} rejected with ${String(error)}`];
}
