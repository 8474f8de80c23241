// faulty-service.ts: one service of the user's, wrapped so that faults can happen to it.

import type { Clock, Probe, ProbeContext, ServiceContext, ServiceSpec } from "../../index.ts";
import type { PlannedFault } from "./faults.ts";
import { toInnerContext } from "./inner-context.ts";

/** The error of a fault. */
export class InjectedFault extends Error {
  constructor(fault: string) {
    super(`injected fault: ${fault}`);
    this.name = "InjectedFault";
  }
}

/** An incarnation that has begun. */
interface Live {
  readonly ctx: ServiceContext;
  /** Asks the code of a `run` to end, without a stop request of the tree. */
  readonly end: (() => void) | null;
}

const probes = ["health", "readiness", "liveness"] as const;

export class FaultyService {
  readonly spec: ServiceSpec;
  readonly #own: ServiceSpec;
  readonly #clock: Clock;
  readonly #toWrapped: (spec: ServiceSpec) => ServiceSpec;
  #live: Live | null = null;
  /** The faults that wait for the next start or stop, each with how long it lasts. */
  readonly #armed = new Map<PlannedFault["fault"], number>();
  #sickUntil = 0;
  /** Ends what hangs. */
  #releases: (() => void)[] = [];

  constructor(own: ServiceSpec, clock: Clock, toWrapped: (spec: ServiceSpec) => ServiceSpec) {
    this.#own = own;
    this.#clock = clock;
    this.#toWrapped = toWrapped;
    this.spec = { ...own, ...this.#wrapBody(), ...this.#wrapProbes() } as ServiceSpec;
  }

  /** Does a fault now, or at the next start or stop. */
  suffer({ fault, lastsMs = 0 }: PlannedFault): void {
    switch (fault) {
      case "crash":
        return this.#live?.ctx.fail(new InjectedFault("crash"));
      case "complete":
        return this.#live?.end?.();
      case "sick":
        this.#sickUntil = Math.max(this.#sickUntil, this.#clock.now() + lastsMs);
        return;
      default:
        this.#armed.set(fault, lastsMs);
    }
  }

  /** From here on nothing more happens to it, and what hangs goes on. */
  calm(): void {
    this.#armed.clear();
    this.#sickUntil = 0;
    const releases = this.#releases;
    this.#releases = [];
    for (const release of releases) release();
  }

  #take(fault: PlannedFault["fault"]): number | undefined {
    const lastsMs = this.#armed.get(fault);
    this.#armed.delete(fault);
    return lastsMs;
  }

  /** Resolves when the faults are over, or when `signal` aborts, if one is given. */
  #hang(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#releases.push(resolve);
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }

  #wrapBody(): object {
    const { run, start, stop, actor, input } = this.#own as {
      [Key in "run" | "start" | "stop" | "actor" | "input"]?: unknown;
    };
    if (run !== undefined) return { run: (ctx: ServiceContext) => this.#run(ctx) };
    if (start !== undefined) {
      return {
        start: (ctx: ServiceContext) => this.#start(ctx),
        stop: (value: unknown, ctx: ServiceContext) => this.#stop(value, ctx, stop as StopFunction | undefined),
      };
    }
    if (actor === undefined) return {};
    const give = (ctx: ServiceContext): unknown => {
      this.#failIfArmed();
      this.#live = { ctx, end: null };
      return typeof input === "function" ? input.call(this.#own, ctx) : input;
    };
    return { input: give };
  }

  #failIfArmed(): void {
    if (this.#take("failStart") !== undefined) throw new InjectedFault("failStart");
  }

  /** What its next start is to wait for, if anything. */
  #delayOf(ctx: ServiceContext): Promise<void> | null {
    this.#failIfArmed();
    const slowMs = this.#take("slowStart");
    if (slowMs !== undefined) return ctx.sleep(slowMs);
    return this.#take("hangStart") === undefined ? null : this.#hang(ctx.signal);
  }

  #start(ctx: ServiceContext): unknown {
    this.#live = { ctx, end: null };
    const inner = toInnerContext({ ctx, signal: ctx.signal, clock: this.#clock, toWrapped: this.#toWrapped });
    const begin = () => (this.#own.start as StartFunction).call(this.#own, inner);
    return this.#delayOf(ctx)?.then(begin) ?? begin();
  }

  #stop(value: unknown, ctx: ServiceContext, stop: StopFunction | undefined): unknown {
    const end = () => stop?.call(this.#own, value, ctx);
    return this.#take("hangStop") === undefined ? end() : this.#hang().then(end);
  }

  #run(ctx: ServiceContext): unknown {
    const controller = new AbortController();
    const { signal } = controller;
    let isCompleting = false;
    const end = () => {
      isCompleting = true;
      controller.abort(new InjectedFault("complete"));
    };
    this.#live = { ctx, end };
    const ask = () => {
      const abort = () => controller.abort(ctx.signal.reason);
      if (this.#take("hangStop") === undefined) abort();
      else void this.#hang().then(abort);
    };
    ctx.signal.addEventListener("abort", ask, { once: true });
    const inner = toInnerContext({ ctx, signal, clock: this.#clock, toWrapped: this.#toWrapped });
    const begin = () => (this.#own.run as RunFunction).call(this.#own, inner);
    const result = this.#delayOf(ctx)?.then(begin) ?? begin();
    return Promise.resolve(result).catch((error: unknown) => {
      // Code that ends by its signal's reason has ended in good order.
      if (isCompleting && error === signal.reason) return undefined;
      throw error;
    });
  }

  #wrapProbes(): object {
    const wrapped = probes.flatMap((kind) => {
      const probe = this.#own[kind] as Probe | undefined;
      return probe === undefined ? [] : [[kind, this.#wrapProbe(probe)] as const];
    });
    return Object.fromEntries(wrapped);
  }

  #wrapProbe(probe: Probe): Probe {
    const { check, ...options } = typeof probe === "function" ? { check: probe } : probe;
    return {
      ...options,
      check: (ctx: ProbeContext) => {
        if (this.#clock.now() < this.#sickUntil) throw new InjectedFault("sick");
        return check.call(probe as never, ctx as never);
      },
    };
  }
}

type RunFunction = (ctx: ServiceContext) => unknown;
type StartFunction = (ctx: ServiceContext) => unknown;
type StopFunction = (value: unknown, ctx: ServiceContext) => unknown;
