// A trial: one service on one path, with its quickened definition, its tree, and the states seen so far.

import {
  createSupervisor,
  type Phase,
  type ServiceSpec,
  type ServiceState,
  type ServiceStatus,
  type Supervisor,
} from "../index.ts";
import { rest } from "./leaks.ts";
import { type LifecycleDriver, type LifecycleSubject, lackOf } from "./lifecycle-driver.ts";
import { LifecycleMismatch } from "./lifecycle-mismatch.ts";
import type { LifecyclePath } from "./lifecycle-paths.ts";
import { comesByItself, hookBefore, isArranged, isRequest } from "./lifecycle-steps.ts";
import { type Noted, observe } from "./observe.ts";
import { quicken } from "./quicken.ts";
import { Traffic } from "./traffic.ts";

/** How long a service that is down may take to come back before it counts as down, in milliseconds. */
const hesitationMs = 250;

export class LifecycleTrial {
  readonly #driver: LifecycleDriver;
  readonly #path: LifecyclePath;
  readonly #supervisor: Supervisor;
  readonly #service: string;
  readonly #isActor: boolean;
  #noted: Noted = { ctx: undefined, value: undefined };
  /** The states that it has entered since the last step. */
  #news: { readonly state: ServiceState; readonly phase: Phase | null }[] = [];
  /** The index of the step whose expected state has not been seen yet. */
  #awaited: number | null = null;
  /** The index of the last step that was requested together with the one before. */
  #asked = -1;
  #isBroken = false;
  readonly #traffic: Traffic;

  constructor(spec: ServiceSpec, driver: LifecycleDriver, path: LifecyclePath) {
    this.#driver = driver;
    this.#traffic = new Traffic(driver, path);
    this.#path = path;
    this.#service = spec.name;
    this.#isActor = spec.actor !== undefined;
    const services = [
      ...(driver.siblings?.() ?? []),
      observe(quicken(spec), (noted) => {
        this.#noted = noted;
      }),
    ];
    this.#supervisor = createSupervisor({ name: "lifecycle", services }, driver.clock ? { clock: driver.clock } : {});
    this.#supervisor.on("status", ({ path: of, to, phase }) => {
      if (of === `lifecycle/${spec.name}`) this.#hear(to, phase);
    });
  }

  get #status(): ServiceStatus {
    return this.#supervisor.status(this.#service);
  }

  /** Takes the whole path. Throws a LifecycleMismatch at the first step that leads to another state. */
  async walk(): Promise<void> {
    for (const index of this.#path.steps.keys()) {
      if (index <= this.#asked) continue;
      await this.#prepare(index);
      this.#await(index);
      await this.#happen(index);
      await this.#arrive();
      if (this.#traffic.isToBegin(index)) await this.#traffic.begin(this.#subject);
    }
  }

  /** What went wrong with the traffic. */
  get trafficError(): Error | null {
    return this.#traffic.error;
  }

  /** Stops the tree. Returns the paths of the services that did not stop in time, or failed to. */
  async end(): Promise<{ unstopped: string[]; failed: string[] }> {
    const { patienceMs = 10_000 } = this.#driver;
    let over: "no" | "yes" = "no";
    this.#awaited = null;
    // A simulated clock takes no time.
    const deadline = this.#driver.clock ? {} : { timeoutMs: patienceMs };
    const stopped = this.#supervisor.stop(deadline).then(
      () => [],
      (error: { errors?: Error[] }) => error.errors ?? [error as Error],
    );
    stopped.finally(() => {
      over = "yes";
    });
    while (over === "no") await this.#tick();
    await this.#restore();
    await this.#traffic.end();
    const errors = (await stopped) as { code?: string; message: string }[];
    const told = (isUnstopped: boolean) =>
      errors.filter(({ code }) => (code === "ERR_UNSTOPPED") === isUnstopped).map(({ message }) => message);
    return { unstopped: told(true), failed: told(false) };
  }

  /** Arranges the failure of the start or stop that this step begins. */
  async #prepare(index: number): Promise<void> {
    const hook = hookBefore(this.#path, index);
    if (hook !== null) await this.#driver[hook]?.(this.#subject);
  }

  async #happen(index: number): Promise<void> {
    const step = this.#path.steps[index]!;
    if (isRequest(step)) return this.#request(index);
    switch (step.event) {
      case "fail":
        if (isArranged(this.#path, index, this.#driver)) return;
        await (this.#path.steps[index - 1]?.state === "starting"
          ? failByContext
          : (this.#driver.crash ?? failByContext))(this.#subject);
        return;
      case "complete":
        await this.#driver.complete?.(this.#subject);
        return;
      case "unhealthy":
      case "dead":
        this.#isBroken = true;
        await this.#driver.breakHealth?.(this.#subject);
        return;
      case "healthy":
        return this.#restore();
      default:
        return; // it comes by itself
    }
  }

  async #restore(): Promise<void> {
    if (!this.#isBroken) return;
    this.#isBroken = false;
    await this.#driver.restoreHealth?.(this.#subject);
  }

  // It may have been in the expected state and have gone on, which the updates show. A step that comes by itself may have
  // come already.
  #await(index: number): void {
    if (!comesByItself(this.#path, index, this.#driver)) this.#news = [];
    this.#awaited = index;
    this.#look();
  }

  #hear(state: ServiceState, phase: Phase | null): void {
    this.#news.push({ state, phase });
    this.#look();
  }

  #look(): void {
    if (this.#awaited === null) return;
    const { state, phase } = this.#path.steps[this.#awaited]!;
    const found = this.#news.findIndex((one) => one.state === state && (phase === null || one.phase === phase));
    if (found === -1) return;
    this.#news.splice(0, found + 1);
    this.#noteArrival();
  }

  /** Makes a request that follows in this very moment: a moment later the service may be in another state. */
  #noteArrival(): void {
    const next = this.#awaited! + 1;
    this.#awaited = null;
    const step = this.#path.steps[next];
    if (this.#traffic.isToBegin(next - 1)) return;
    if (step === undefined || !isRequest(step) || hookBefore(this.#path, next) !== null) return;
    this.#asked = next;
    this.#await(next);
    this.#request(next);
  }

  #request(index: number): void {
    const supervisor = this.#supervisor;
    const { event, state } = this.#path.steps[index]!;
    const name = this.#service;
    const asked =
      event === "start"
        ? index === 0
          ? supervisor.start()
          : supervisor.startService(name)
        : event === "stop"
          ? supervisor.stopService(name)
          : supervisor.restartService(name);
    asked.catch(() => {}); // its outcome shows in the states
    // A request that only changes what comes next shows in what comes next.
    if (this.#awaited === index && this.#status.state === state) this.#noteArrival();
  }

  /** Waits until the service is in the state of the awaited step. */
  async #arrive(): Promise<void> {
    const { patienceMs = 10_000 } = this.#driver;
    let since = performance.now();
    let last = this.#awaited;
    let downAt: number | null = null;
    while (this.#awaited !== null) {
      const now = performance.now();
      if (last !== this.#awaited) since = now;
      last = this.#awaited;
      const { state } = this.#status;
      if (state !== "stopped" && state !== "failed") downAt = null;
      else downAt ??= now;
      const isDown = downAt !== null && now - downAt > hesitationMs;
      const isLate = now - since > patienceMs;
      if (isDown || isLate) throw this.#toMismatch(last, isDown ? "and stays there" : `after ${patienceMs} ms`);
      await this.#tick();
    }
    if (!this.#isBroken || this.#status.state === "running") return;
    await this.#restore();
  }

  async #tick(): Promise<void> {
    const { clock } = this.#driver;
    if (clock === undefined) return rest(2);
    if (!(await clock.advanceToNext())) await rest(2);
  }

  get #subject(): LifecycleSubject {
    return { ...this.#noted, supervisor: this.#supervisor, path: `lifecycle/${this.#service}` };
  }

  #toMismatch(index: number, how: string): LifecycleMismatch {
    const { steps } = this.#path;
    const { event, state, phase } = steps[index]!;
    const taken = steps.slice(0, index + 1).map((step) => step.event);
    const { state: is, error } = this.#status;
    const because = error === null ? "" : `; its last error: ${error.message}`;
    const was = index === 0 ? "stopped" : steps[index - 1]!.state;
    const lack = lackOf(this.#driver, event, was, this.#isActor);
    const hint = lack === null ? "" : `; the driver has no ${lack}`;
    const wanted = `${state}${phase ? ` (${phase})` : ""}`;
    return new LifecycleMismatch(taken.join(", "), `expected ${wanted}, but it is ${is} ${how}${because}${hint}`);
  }
}

function failByContext({ ctx }: LifecycleSubject): void {
  ctx?.fail(new Error("failed for the test"));
}
