// An abstract model of a service "e" that depends on a service "d", written from the documentation. The test decides
// when each is up, fails and has stopped; neither is critical; each is retried once.

import type { Phase, ServiceState } from "../../src/index.ts";
import type { Model } from "../../src/testing/paths.ts";

export const backoffMs = 100;

export type Name = "d" | "e";
export type PairEvent = `${"ready" | "fail" | "complete" | "end" | "start" | "stop"} ${Name}` | "time";

export interface PairRule {
  readonly condition: "started" | "healthy" | "completed";
  readonly required: boolean;
  readonly onFailure: "ignore" | "stop" | "restart";
}

export interface PartModel {
  readonly state: "waiting" | "launching" | "up" | "stopping" | "backoff" | "stopped" | "failed";
  readonly comesBack: boolean;
  readonly exit: "completed" | "failed" | "stopped" | null;
  readonly incarnation: number;
  readonly restarts: number;
  readonly failures: number;
  /** Whether it has ended by itself for good. */
  readonly settled: boolean;
  readonly leftMs: number;
  /** Down for the sake of its dependency, to start again with it. */
  readonly again: boolean;
}

export interface PairModel {
  readonly d: PartModel;
  readonly e: PartModel;
  /** e stops first, before a stop of d by hand; `stops`: that stop has not been overtaken. */
  readonly drain: { readonly stops: boolean } | null;
}

const fresh: PartModel = {
  state: "launching",
  comesBack: false,
  exit: null,
  incarnation: 1,
  restarts: 0,
  failures: 0,
  settled: false,
  leftMs: 0,
  again: false,
};

export function toPublic({ state }: PartModel): ServiceState {
  if (state === "waiting" || state === "launching") return "starting";
  return state === "up" ? "running" : state;
}

/** The phase in its status. It can be stopped by hand, by its dependency's end, or for good by itself. */
export function toPhase({ state, settled }: PartModel): Phase | null {
  const phases: Partial<Record<PartModel["state"], Phase>> = {
    waiting: "waiting",
    launching: "launching",
    up: "healthy",
    backoff: "counting",
    stopped: settled ? "completed" : "byHand",
  };
  return phases[state] ?? null;
}

export function dueIn({ d, e }: PairModel): number | null {
  const times = [d, e].flatMap(({ state, leftMs }) => (state === "backoff" ? [leftMs] : []));
  return times.length === 0 ? null : Math.min(...times);
}

export function createPairModel(rule: PairRule): Model<PairModel, PairEvent> {
  return {
    initial: { d: fresh, e: { ...fresh, state: "waiting", incarnation: 0 }, drain: null },
    events: listEvents,
    next: (pair, event) => offerGate(rule, endDrain(rule, offerGate(rule, take(rule, pair, event)))),
    // How e ended does not matter for where it can go.
    key: ({ d, e, drain }) => [toKey(d), d.exit === "completed", toKey(e), drain?.stops].join(" "),
  };
}

function toKey({ state, comesBack, failures, settled, leftMs, again }: PartModel): string {
  return [state, comesBack, failures, settled, leftMs, again].join();
}

function listEvents(pair: PairModel): PairEvent[] {
  const deeds = {
    waiting: ["stop"],
    launching: ["ready", "fail", "stop"],
    up: ["fail", "complete", "stop"],
    stopping: ["end", "fail", "start", "stop"],
    backoff: ["start", "stop"],
    stopped: ["start"],
    failed: ["start"],
  } as const;
  const own = (["d", "e"] as const).flatMap((name) =>
    deeds[pair[name].state].map((deed): PairEvent => `${deed} ${name}`),
  );
  return dueIn(pair) === null ? own : [...own, "time"];
}

/** `isNow`: what goes with d has stopped already. */
function take(rule: PairRule, pair: PairModel, event: PairEvent, isNow = false): PairModel {
  if (event === "time") return elapse(pair, dueIn(pair)!);
  const [deed, name] = event.split(" ") as ["ready" | "fail" | "complete" | "end" | "start" | "stop", Name];
  if (!isNow && event === "stop d" && (pair.drain !== null || goesWith(rule, pair))) return beginDrain(rule, pair);
  if (event === "start d" && pair.drain !== null) {
    return { ...pair, d: { ...pair.d, ...change(name, deed, pair.d) }, drain: { stops: false } };
  }
  const after = { ...pair, [name]: { ...pair[name], ...change(name, deed, pair[name]) } };
  const isDown = name === "d" && pair.d.state === "up" && after.d.state !== "up";
  return isDown ? touch(rule, after) : after;
}

/** Whether e stops before a stop of d by hand; d waits for one that is on its way down already, too. */
function goesWith({ onFailure }: PairRule, { d, e }: PairModel): boolean {
  if (onFailure === "ignore") return false;
  return e.state === "up" || e.state === "launching" || (e.state === "stopping" && d.state === "up");
}

function beginDrain({ onFailure }: PairRule, pair: PairModel): PairModel {
  const drain = { stops: true };
  if (pair.drain !== null) return { ...pair, drain };
  // The user has stopped it: it stays so.
  if (pair.e.state === "stopping" && !pair.e.comesBack) return { ...pair, drain };
  return { ...pair, e: { ...pair.e, state: "stopping", comesBack: false, again: onFailure === "restart" }, drain };
}

/** e is down, or the user has started it meanwhile: now d stops, and e starts again where it goes with d. */
function endDrain(rule: PairRule, pair: PairModel): PairModel {
  const { drain, e } = pair;
  if (drain === null || e.state === "stopping") return pair;
  const over: PairModel = { ...pair, drain: null };
  const isDown = pair.d.state === "stopped" || pair.d.state === "failed";
  const stopped = drain.stops && !isDown ? take(rule, { ...over, e: { ...e, again: false } }, "stop d", true) : over;
  if (!e.again) return stopped;
  return { ...stopped, e: { ...e, ...begin("e", e), again: false, restarts: e.restarts + 1 } };
}

/** Where a start leads: e asks its gate first. */
function begin(name: Name, part: PartModel): Partial<PartModel> {
  if (name === "e") return { state: "waiting", comesBack: false, leftMs: 0 };
  return { state: "launching", comesBack: false, leftMs: 0, incarnation: part.incarnation + 1 };
}

function change(name: Name, deed: string, part: PartModel): Partial<PartModel> {
  const isStopping = part.state === "stopping";
  switch (deed) {
    case "ready":
      return { state: "up" };
    case "complete":
      return { state: "stopped", exit: "completed", settled: true };
    case "end":
      return { ...(part.comesBack ? begin(name, part) : { state: "stopped" as const }), exit: "stopped" };
    case "fail": {
      if (isStopping) return { ...(part.comesBack ? begin(name, part) : { state: "failed" as const }), exit: "failed" };
      const failures = part.failures + 1;
      if (failures > 1) return { state: "failed", exit: "failed", failures, settled: true };
      return { state: "backoff", exit: "failed", failures, leftMs: backoffMs };
    }
    case "start":
      return { ...(isStopping ? { comesBack: true } : begin(name, part)), failures: 0, settled: false, again: false };
    default: {
      const isThere = part.state === "launching" || part.state === "up" || isStopping;
      return { state: isThere ? "stopping" : "stopped", comesBack: false, leftMs: 0, again: false };
    }
  }
}

/** d has gone down: that affects e if it is up or coming up, unless d completed as e waited for. */
function touch({ condition, onFailure }: PairRule, pair: PairModel): PairModel {
  const { d, e } = pair;
  const hasDone = condition === "completed" && d.state === "stopped" && d.settled && d.exit === "completed";
  if (onFailure === "ignore" || hasDone || (e.state !== "up" && e.state !== "launching")) return pair;
  const comesBack = onFailure === "restart";
  return { ...pair, e: { ...e, state: "stopping", comesBack, restarts: e.restarts + (comesBack ? 1 : 0) } };
}

/** While e waits it starts once its condition is met, and fails once that is hopeless. */
function offerGate({ condition, required }: PairRule, pair: PairModel): PairModel {
  const { d, e } = pair;
  if (e.state !== "waiting") return pair;
  const verdict = judge(condition, d);
  if (verdict === "met" || (verdict === "hopeless" && !required)) {
    return { ...pair, e: { ...e, state: "launching", incarnation: e.incarnation + 1 } };
  }
  return verdict === "hopeless" ? { ...pair, e: { ...e, state: "failed", exit: "failed", settled: true } } : pair;
}

function judge(condition: PairRule["condition"], { state, settled, exit }: PartModel): "met" | "closed" | "hopeless" {
  if (state === "failed") return "hopeless";
  const hasCompleted = state === "stopped" && settled && exit === "completed";
  if (condition === "completed") return hasCompleted ? "met" : "closed";
  if (hasCompleted) return "hopeless";
  return state === "up" ? "met" : "closed";
}

function elapse(pair: PairModel, ms: number): PairModel {
  const pass = (name: Name): PartModel => {
    const part = pair[name];
    if (part.state !== "backoff") return part;
    if (part.leftMs > ms) return { ...part, leftMs: part.leftMs - ms };
    return { ...part, ...begin(name, part), restarts: part.restarts + 1 };
  };
  return { ...pair, d: pass("d"), e: pass("e") };
}
