// trial.ts: one life of a user's tree under a plan of faults: it starts, suffers them, recovers, and stops.

import { createSupervisor, listStatuses, type Supervisor, type SupervisorSpec, type Update } from "../../index.ts";
import { settle } from "../simulated-clock.ts";
import { createChance } from "./chance.ts";
import type { PlannedFault } from "./faults.ts";
import { FaultyTree } from "./faulty-tree.ts";
import { HostTimers } from "./host-timers.ts";
import { BrokenInvariant, LiveTree, mostTimers } from "./live-tree.ts";
import { WatchedClock } from "./watched-clock.ts";

/** More timers of no delay than this, one after another, are taken for a storm. */
const mostTimersAtOnce = 500;

/** What an invariant is given. */
export interface ExploredRun<Expose> {
  readonly supervisor: Supervisor;
  /** What `make` returned beside the spec. */
  readonly expose: Expose;
  /** The time since the start of the tree, in milliseconds. */
  readonly now: number;
}

/** What a trial is made of. */
export interface Setting<Expose> {
  readonly make: () => SupervisorSpec | { readonly spec: SupervisorSpec; readonly expose: Expose };
  readonly invariant: ((run: ExploredRun<Expose>) => unknown) | undefined;
  readonly seed: number;
  readonly forMs: number;
  readonly recoversWithinMs: number;
}

/** What happened in a trial, in order: for a story. */
export type Happening =
  | { readonly at: number; readonly fault: PlannedFault; readonly hits: boolean }
  | { readonly at: number; readonly update: Update }
  | { readonly at: number; readonly text: string };

export function toTree<Expose>(made: ReturnType<Setting<Expose>["make"]>): { spec: SupervisorSpec; expose: Expose } {
  return "spec" in made ? made : { spec: made, expose: undefined as Expose };
}

export class Trial<Expose> {
  readonly #setting: Setting<Expose>;
  readonly #expose: Expose;
  readonly #faulty: FaultyTree;
  readonly #clock = new WatchedClock();
  readonly #host = new HostTimers();
  readonly #tree: LiveTree;
  readonly #run: ExploredRun<Expose>;
  #onHappening: ((happening: Happening) => void) | undefined;
  #timers = 0;
  #timersAtOnce = 0;

  constructor(setting: Setting<Expose>, onHappening?: (happening: Happening) => void) {
    this.#setting = setting;
    this.#onHappening = onHappening;
    const { spec, expose } = toTree(setting.make());
    this.#expose = expose;
    this.#faulty = new FaultyTree(spec, this.#clock);
    const supervisor = createSupervisor(this.#faulty.spec, { clock: this.#clock, random: createChance(setting.seed) });
    this.#tree = new LiveTree(this.#clock, supervisor, () => this.#findWrong());
    const clock = this.#clock;
    this.#run = {
      supervisor: this.#faulty.toHandle(supervisor),
      expose: this.#expose,
      get now() {
        return clock.now();
      },
    };
    if (onHappening) supervisor.on("*", (update) => this.#onHappening?.({ at: clock.now(), update }));
  }

  /** @throws BrokenInvariant at the first thing that is wrong. */
  async live(plan: readonly PlannedFault[]): Promise<void> {
    const { supervisor } = this.#tree;
    const { forMs, recoversWithinMs } = this.#setting;
    const ordered = [...plan].sort((a, b) => a.at - b.at);
    const first = ordered.filter(({ at }) => at === 0);
    // A fault of the start is there before it; a crash needs somebody to crash.
    for (const fault of first) if (!needsLife(fault)) this.#suffer(fault);
    await this.#step("the start", () => {
      supervisor.start().catch(() => {});
    });
    for (const fault of first) if (needsLife(fault)) await this.#inflict(fault);
    for (const fault of ordered.slice(first.length)) {
      await this.#pass(fault.at);
      await this.#inflict(fault);
    }
    const overAt = Math.max(0, ...ordered.map(({ at, lastsMs = 0 }) => at + lastsMs));
    await this.#recover(overAt, recoversWithinMs);
    await this.#pass(Math.max(forMs, overAt));
    await this.#stop();
  }

  async #inflict(fault: PlannedFault): Promise<void> {
    await this.#step(`${fault.fault} of ${fault.path}`, () => this.#suffer(fault));
  }

  #suffer(fault: PlannedFault): void {
    this.#onHappening?.({ at: this.#clock.now(), fault, hits: this.#hits(fault) });
    this.#faulty.suffer(fault);
  }

  /** Whether a fault of the moment finds somebody to happen to. */
  #hits(fault: PlannedFault): boolean {
    if (!needsLife(fault)) return true;
    const { state, phase } = this.#tree.supervisor.status(fault.path);
    return state === "running" || phase === "launching";
  }

  /** Does something and lets promises settle. Timers that are due now fire one by one when time passes. */
  async #step(what: string, act: () => void): Promise<void> {
    act();
    await settle();
    this.#tree.check(what);
  }

  #findWrong(): string[] {
    const { invariant } = this.#setting;
    if (invariant === undefined) return [];
    try {
      return invariant(this.#run) === false ? ["the invariant does not hold"] : [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  }

  /** Lets time pass until then, from timer to timer, or until `isOver`. */
  async #pass(until: number, isOver: () => boolean = () => false): Promise<void> {
    while (!isOver()) {
      const left = until - this.#clock.now();
      if (left <= 0) return;
      const dueInMs = Math.min(this.#clock.dueInMs, this.#host.dueInMs);
      if (dueInMs > left) {
        await this.#host.advance(left);
        return void (await this.#clock.advance(left));
      }
      this.#count(dueInMs);
      await this.#host.advance(dueInMs);
      const isOfTree = this.#clock.dueInMs <= dueInMs;
      await (isOfTree ? this.#clock.fireNext() : this.#clock.advance(dueInMs));
      this.#tree.check(isOfTree ? "a timer" : "a timer of the host");
    }
  }

  #count(dueInMs: number): void {
    this.#timers++;
    this.#timersAtOnce = dueInMs > 0 ? 0 : this.#timersAtOnce + 1;
    if (this.#timers <= mostTimers && this.#timersAtOnce <= mostTimersAtOnce) return;
    const many = this.#timers > mostTimers ? mostTimers : mostTimersAtOnce;
    const when = this.#timers > mostTimers ? "" : " at that moment";
    throw new BrokenInvariant(
      `at ${Math.round(this.#clock.now())} ms: the tree does not come to rest: more than ${many} timers have fired${when}`,
    );
  }

  async #recover(overAt: number, withinMs: number): Promise<void> {
    if (withinMs === Number.POSITIVE_INFINITY) return;
    await this.#pass(overAt);
    await this.#pass(overAt + withinMs, () => this.#findDown().length === 0);
    const down = this.#findDown();
    if (down.length === 0) return;
    throw new BrokenInvariant(
      `${withinMs} ms after the last fault (at ${Math.round(this.#clock.now())} ms) the tree has not recovered: ${down.join("; ")}`,
    );
  }

  /** The critical services that are not up. */
  #findDown(): string[] {
    const { supervisor } = this.#tree;
    const root = supervisor.status();
    if (root.state === "failed") return [`${root.path} has failed: ${root.error?.message}`];
    const { services } = supervisor.health();
    return listStatuses(root).flatMap(({ path, state, phase, healthy, error }) => {
      if (!services[path]?.critical || healthy || phase === "completed") return [];
      return [`${path} is ${state}${phase ? ` (${phase})` : ""}${error ? `: ${error.message}` : ""}`];
    });
  }

  async #stop(): Promise<void> {
    this.#onHappening?.({ at: this.#clock.now(), text: "all faults are over; the tree is stopped" });
    this.#faulty.calm();
    await settle();
    let outcome: { readonly error: unknown } | null = null;
    const stopped = () => outcome !== null;
    await this.#step("the stop", () => {
      this.#tree.supervisor.stop().then(
        () => {
          outcome = { error: null };
        },
        (error: unknown) => {
          outcome = { error };
        },
      );
    });
    await this.#pass(Number.MAX_SAFE_INTEGER, () => stopped() || this.#isIdle());
    const wrong = this.#tree.findRemains();
    if (!stopped()) wrong.unshift("stop() does not settle");
    const error = (outcome as { readonly error: unknown } | null)?.error;
    if (error instanceof Error) wrong.unshift(error.message);
    if (wrong.length > 0)
      throw new BrokenInvariant(`after the stop, at ${Math.round(this.#clock.now())} ms: ${wrong.join("; ")}`);
    this.#tree.check("the stop");
  }

  #isIdle(): boolean {
    return Math.min(this.#clock.dueInMs, this.#host.dueInMs) === Number.POSITIVE_INFINITY;
  }

  /** Ends what a broken trial leaves behind. */
  async end(): Promise<void> {
    this.#onHappening = undefined;
    this.#faulty.calm();
    let isOver = false;
    const stopped = this.#tree.supervisor.stop({ timeoutMs: 0 }).then(
      () => {},
      () => {},
    );
    void stopped.then(() => {
      isOver = true;
    });
    for (let left = 100; left > 0 && !isOver; left--) {
      if (!(await this.#clock.advanceToNext())) return;
    }
  }
}

/** Whether a fault happens to an incarnation that is up or coming up. */
function needsLife({ fault }: PlannedFault): boolean {
  return fault === "crash" || fault === "complete";
}
