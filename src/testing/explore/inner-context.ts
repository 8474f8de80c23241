// inner-context.ts: the context that the code of a service under faults is given: the tree's own, with a signal that a
// fault can hold back or bring forward.

import type { Clock, ServiceContext, ServiceSpec } from "../../index.ts";

export interface Surroundings {
  readonly ctx: ServiceContext;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The definition that runs in place of one of the user's. */
  toWrapped(spec: ServiceSpec): ServiceSpec;
}

export function toInnerContext({ ctx, signal, clock, toWrapped }: Surroundings): ServiceContext {
  return {
    name: ctx.name,
    path: ctx.path,
    incarnation: ctx.incarnation,
    signal,
    get forceSignal() {
      return ctx.forceSignal;
    },
    ready: ctx.ready,
    heartbeat: ctx.heartbeat,
    now: ctx.now,
    fail: ctx.fail,
    sleep: (ms) => sleep(clock, signal, ms),
    use: ((service: string | ServiceSpec) =>
      ctx.use(typeof service === "object" ? toWrapped(service) : (service as never))) as ServiceContext["use"],
    get lease() {
      return ctx.lease;
    },
    get log() {
      return ctx.log;
    },
  };
}

/** As `ctx.sleep`, by another signal. */
function sleep(clock: Clock, signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      clock.clearTimeout(timer);
      reject(signal.reason);
    };
    const wake = () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    };
    const timer = ms === Number.POSITIVE_INFINITY ? undefined : clock.setTimeout(wake, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
