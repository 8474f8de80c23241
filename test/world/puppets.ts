// puppets.ts: the services of a world: their specs, what each does badly, and their checks.

import type { ServiceContext, ServiceSpec, SupervisorSpec } from "../../src/index.ts";
import type { SimulatedClock } from "../../src/testing/index.ts";
import { toActor } from "./actor-bodies.ts";
import { type Stage, toRun, toStartAndStop } from "./bodies.ts";
import type { Flag, Place } from "./commands.ts";
import { Lives } from "./lives.ts";
import type { ChildShape } from "./shape.ts";

interface Watcher {
  isAbandoned(path: string, incarnation: number): boolean;
  /** Called at each place in the code of a service, before anything else happens there. */
  onPlace(place: Place, name: string, path?: string): void;
  onBegin(ctx: ServiceContext): void;
  /** Takes a rule that was broken. */
  report(broken: string): void;
}

export const probeRule = { intervalMs: 70, timeoutMs: 100, failureThreshold: 2 };

export class Puppets {
  readonly lives: Lives;
  /** When the last check of each path began. */
  readonly checkedAt = new Map<string, number>();
  /** The timers that the code of services has set. */
  timers = 0;
  readonly #clock: SimulatedClock;
  readonly #watcher: Watcher;
  readonly #flags = new Set<string>();
  readonly #shapes = new Map<string, ChildShape>();
  /** The last results of the checks of each path: passes in a row are positive. */
  readonly #streaks = new Map<string, number>();
  /** The checks that have not settled, by path and incarnation. */
  readonly #checks = new Map<string, () => void>();
  readonly #numbers = new Map<object, number>();
  #isCalm = false;
  readonly #stage: Stage;

  constructor(clock: SimulatedClock, watcher: Watcher) {
    this.#clock = clock;
    this.#watcher = watcher;
    this.lives = new Lives(watcher.isAbandoned, watcher.report);
    this.#stage = {
      begin: (ctx, shape, endsItself) => this.#begin(ctx, shape, endsItself),
      onPlace: (place, { name, path }) => watcher.onPlace(place, name, path),
      isOn: (flag, name) => this.#isOn(flag, name),
      sleep: (ms) => this.#sleep(ms),
      answerOf: ({ name, signal }) => {
        if (this.#isOn("brokenStop", name)) return new Error("broken stop");
        return this.#isOn("aborts", name) ? (signal.reason as Error) : undefined;
      },
    };
  }

  /** The flags that are set, and the paths whose check has not settled. */
  get faults(): string[] {
    return [...[...this.#flags].sort(), ...[...this.#checks.keys()].map((check) => check.split(" ")[0]!).sort()];
  }

  has(flag: Flag, name: string): boolean {
    return this.#flags.has(`${flag} ${name}`);
  }

  /** How often in a row the checks of a path have gone the same way: as far as thresholds look. */
  streakOf(path: string): number {
    return this.#streaks.get(path) ?? 0;
  }

  hasOpenCheck(path: string): boolean {
    return this.#checks.has(this.#checkOf(path));
  }

  set(flag: Flag, name: string, on: boolean): void {
    if (on) this.#flags.add(`${flag} ${name}`);
    else this.#flags.delete(`${flag} ${name}`);
    if (flag === "stuck" && !on) this.#settleChecks(name);
  }

  /** From here on every service does well, and what was left behind ends. */
  calm(): void {
    this.#isCalm = true;
    this.#settleChecks();
    for (const { ctx, end } of this.lives.all) if (ctx.signal.aborted) end();
  }

  toSpec(shape: ChildShape): ServiceSpec | SupervisorSpec {
    this.#shapes.set(shape.name, shape);
    const {
      body,
      holds: _,
      upMs: __,
      downMs: ___,
      decide,
      probe,
      services,
      restart,
      watchdogMs,
      everyMs,
      ...options
    } = shape;
    const decideIt = () => {
      this.#watcher.onPlace("decide", shape.name);
      if (this.#isCalm) return undefined;
      if (decide === "throw") throw new Error("decide");
      return decide;
    };
    const common = { ...options, meta: { shape }, restart: { ...restart, ...(decide && { decide: decideIt }) } };
    if (services) return { ...common, services: services.map((child) => this.toSpec(child)) } as SupervisorSpec;
    return {
      ...common,
      ...(probe && { [probe]: { check: ({ path }: { path: string }) => this.#check(shape.name, path), ...probeRule } }),
      ...(watchdogMs !== undefined && { watchdogMs }),
      ...(everyMs !== undefined && { nextRun: (now: Date) => new Date(Math.floor(+now / everyMs + 1) * everyMs) }),
      ...(body === "signal" && { readyOn: "signal" }),
      ...this.#codeOf(shape),
    } as unknown as ServiceSpec;
  }

  #codeOf(shape: ChildShape): object {
    switch (shape.body) {
      case "run":
      case "signal":
        return { run: toRun(this.#stage, shape) };
      case "start":
        return toStartAndStop(this.#stage, shape);
      default:
        return toActor(this.#stage, shape);
    }
  }

  #isOn(flag: Flag, name: string): boolean {
    return !this.#isCalm && this.#flags.has(`${flag} ${name}`);
  }

  #sleep(ms: number): Promise<void> {
    this.timers++;
    return new Promise((resolve) =>
      this.#clock.setTimeout(() => {
        this.timers--;
        resolve();
      }, ms),
    );
  }

  #begin(ctx: ServiceContext, shape: ChildShape, endsItself: boolean) {
    const begun = this.lives.begin(ctx, endsItself);
    this.#watcher.onBegin(ctx);
    this.#watcher.onPlace("begin", ctx.name);
    if (shape.holds) for (const { service } of shape.dependsOn ?? []) this.#take(ctx, service as string);
    return begun;
  }

  /** Takes the value of a dependency; of a supervisor, that of its first service. */
  #take(ctx: ServiceContext, name: string): void {
    const inner = this.#shapes.get(name)?.services?.find(({ services }) => !services);
    try {
      ctx.use(inner ? `${name}/${inner.name}` : name);
    } catch (error) {
      const { code } = error as { code?: string };
      // What is inside of a supervisor may have changed.
      if (code === "ERR_NOT_RUNNING" || (inner && code === "ERR_NOT_A_DEPENDENCY")) return;
      this.#watcher.report(`${ctx.path}: use(${name}) throws ${String(error)}`);
    }
  }

  async #check(name: string, path: string): Promise<boolean> {
    const check = this.#checkOf(path);
    if (this.#checks.has(check)) this.#watcher.report(`${path}: a check begins, and the one before has not settled`);
    this.checkedAt.set(path, this.#clock.now());
    this.#watcher.onPlace("check", name);
    if (this.#isOn("stuck", name)) {
      await new Promise<void>((resolve) => this.#checks.set(check, resolve));
      // The interval runs from the end of one check to the start of the next.
      this.checkedAt.set(path, this.#clock.now());
    }
    const isSick = this.#isOn("sick", name);
    const streak = this.streakOf(path);
    const most = probeRule.failureThreshold;
    this.#streaks.set(
      path,
      isSick ? Math.max(-most, Math.min(0, streak) - 1) : Math.min(most, Math.max(0, streak) + 1),
    );
    if (isSick) throw new Error("sick");
    return true;
  }

  // A service that was replaced counts its incarnations anew, so each life has a number of its own.
  #checkOf(path: string): string {
    const life = this.lives.of(path).at(-1);
    if (life !== undefined && !this.#numbers.has(life)) this.#numbers.set(life, this.#numbers.size + 1);
    return `${path} ${life && this.#numbers.get(life)}`;
  }

  #settleChecks(name?: string): void {
    for (const [check, settle] of this.#checks) {
      if (name !== undefined && !check.includes(`/${name} `)) continue;
      this.#checks.delete(check);
      settle();
    }
  }
}
