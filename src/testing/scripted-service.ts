// A service that does what the test says, and notices when it is ever alive twice.

import type { RunServiceSpec, ServiceContext, ServiceSpec } from "../contract/spec.ts";

export interface ScriptedService {
  readonly spec: RunServiceSpec;
  /** Incarnations begun so far. */
  readonly starts: number;
  /** Incarnations that have begun and not ended: 0 or 1, also beside one that ignores its stop. */
  readonly live: number;
  /** The context of the newest incarnation. */
  readonly ctx: ServiceContext | undefined;
  /** Calls `ctx.ready()`; only with `readyOn: "signal"`. */
  ready(): void;
  /** Ends the newest incarnation as completed. */
  complete(value?: unknown): void;
  /** Ends the newest incarnation as failed. */
  fail(error?: unknown): void;
  /** Whether it goes on when it is asked to stop, until complete() or fail(). */
  ignoreStop(ignore?: boolean): void;
}

interface Incarnation {
  readonly ctx: ServiceContext;
  readonly complete: (value: unknown) => void;
  readonly fail: (error: unknown) => void;
  ended: boolean;
  /** It ignores its stop by order of the test: the tree may leave it behind and start another beside it. */
  ignores: boolean;
}

/**
 * A long-running service (`run`) that stays up until the test ends it or the tree stops it.
 *
 * Starting it while another incarnation of it is alive throws, and fails every later call on it, unless that other one
 * was made to ignore its stop and was asked to stop.
 */
export function createScriptedService(name: string, spec: Partial<ServiceSpec> = {}): ScriptedService {
  let starts = 0;
  let ignores = false;
  let doubled: Error | null = null;
  const alive = new Set<Incarnation>();
  let newest: Incarnation | undefined;

  function begin(ctx: ServiceContext): Promise<unknown> {
    starts++;
    for (const other of alive) {
      if (other.ignores && other.ctx.signal.aborted) continue;
      doubled = new Error(`${ctx.path}: incarnation ${ctx.incarnation} began while ${other.ctx.incarnation} was alive`);
      throw doubled;
    }
    return new Promise((resolve, reject) => {
      const incarnation: Incarnation = { ctx, complete: resolve, fail: reject, ended: false, ignores: false };
      newest = incarnation;
      alive.add(incarnation);
      const stop = () => {
        if (incarnation.ended) return;
        incarnation.ignores = ignores;
        if (!ignores) end(incarnation, () => resolve(undefined));
      };
      if (ctx.signal.aborted) stop();
      else ctx.signal.addEventListener("abort", stop, { once: true });
    });
  }

  function end(incarnation: Incarnation | undefined, how: () => void): void {
    if (doubled) throw doubled;
    if (incarnation === undefined || incarnation.ended) {
      throw new Error(`${name}: the test ends an incarnation, and none is alive (starts: ${starts})`);
    }
    incarnation.ended = true;
    alive.delete(incarnation);
    how();
  }

  return {
    // `spec` may name any option; its body stays the one above unless the test replaces it.
    spec: { name, run: begin, ...spec } as RunServiceSpec,
    get starts() {
      return starts;
    },
    get live() {
      if (doubled) throw doubled;
      return alive.size;
    },
    get ctx() {
      return newest?.ctx;
    },
    ready: () => newest?.ctx.ready(),
    complete: (value) => end(newest, () => newest!.complete(value)),
    fail: (error = new Error(`${name} was told to fail`)) => end(newest, () => newest!.fail(error)),
    ignoreStop: (ignore = true) => {
      ignores = ignore;
    },
  };
}
