// A service that does nothing by itself: its code does each thing when the test says so.

import type { ServiceContext, ServiceSpec } from "../../src/index.ts";

interface Incarnation {
  readonly ctx: ServiceContext;
  /** Whether its `start` has not resolved yet. */
  isStarting: boolean;
  isOver: boolean;
  isAbandoned: boolean;
  readonly settle: { resolve(value?: unknown): void; reject(error: unknown): void };
  stopping?: { resolve(value?: unknown): void; reject(error: unknown): void };
}

function deferred() {
  let resolve!: (value?: unknown) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<unknown>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}

export type Puppet = ReturnType<typeof createPuppet>;

/** `runs`: it has a `run`, else `start` and `stop`. `launches`: it is up when the test says so, else at once. */
export function createPuppet(name: string, { runs, launches }: { runs: boolean; launches: boolean }) {
  const all: Incarnation[] = [];
  const checks: Record<string, ((passed: boolean) => void) | undefined> = {};
  const newest = () => all.at(-1)!;

  function begin(ctx: ServiceContext) {
    const { promise, ...settle } = deferred();
    const others = all.filter((one) => !one.isOver && !one.isAbandoned);
    if (others.length > 0) throw new Error(`${ctx.path}: incarnation ${ctx.incarnation} beside another one`);
    all.push({ ctx, isStarting: !runs && launches, isOver: false, isAbandoned: false, settle });
    return promise;
  }

  const byRun: Partial<ServiceSpec> = { run: begin, ...(launches && { readyOn: "signal" }) };
  const byStart: Partial<ServiceSpec> = {
    start: (ctx) => {
      const started = begin(ctx);
      return launches ? started.then(() => newest()) : newest();
    },
    stop: (value) => {
      const incarnation = value as Incarnation;
      const { promise, ...stopping } = deferred();
      incarnation.stopping = stopping;
      return promise;
    },
  };

  const over = (incarnation: Incarnation, how: () => void) => {
    incarnation.isOver = true;
    how();
  };

  return {
    name,
    body: runs ? byRun : byStart,
    get starts() {
      return all.length;
    },
    get live() {
      return all.filter((one) => !one.isOver && !one.isAbandoned).length;
    },
    /** Whether a live incarnation was asked to stop. */
    get isAsked() {
      return all.some((one) => !one.isOver && !one.isAbandoned && one.ctx.signal.aborted);
    },
    ready() {
      if (runs) return newest().ctx.ready();
      newest().isStarting = false;
      newest().settle.resolve();
    },
    /** Ends the incarnation as it was asked to. */
    end(incarnation = newest()) {
      const { ctx, isStarting, settle, stopping } = incarnation;
      over(incarnation, () => {
        if (runs) settle.resolve();
        else if (isStarting) settle.reject(ctx.signal.reason);
        else stopping?.resolve();
      });
    },
    /** Fails the incarnation, in its start, its run or its stop. */
    fail(error: Error) {
      const incarnation = newest();
      const { ctx, isStarting, settle, stopping } = incarnation;
      if (runs || isStarting) over(incarnation, () => settle.reject(error));
      else if (stopping) over(incarnation, () => stopping.reject(error));
      else ctx.fail(error);
    },
    blame: (error: Error) => newest().ctx.fail(error),
    complete: () => over(newest(), () => newest().settle.resolve("done")),
    /** Notes that its stop deadline has passed. */
    abandon: () => {
      newest().isAbandoned = true;
    },
    /** Ends the incarnations that were left behind. Returns how many. */
    endLate() {
      const left = all.filter((one) => one.isAbandoned && !one.isOver);
      for (const incarnation of left) this.end(incarnation);
      return left.length;
    },
    /** A check that the tree calls and the test answers. */
    check: (kind: string) => () =>
      new Promise<boolean>((resolve) => {
        checks[kind] = resolve;
      }),
    answer(kind: string, passed: boolean) {
      const resolve = checks[kind];
      if (!resolve) throw new Error(`${name}: no ${kind} check is in flight`);
      checks[kind] = undefined;
      resolve(passed);
    },
  };
}
