// context.ts: the `ctx` that the user's code of one incarnation is given, a thin layer over its unit.

import { check } from "../contract/check.ts";
import { type Inside, insideKey } from "../contract/director.ts";
import { toError } from "../contract/errors.ts";
import type { Lease } from "../contract/lease.ts";
import type { Logger, ServiceContext, ServiceSpec } from "../contract/spec.ts";
import { useDependency } from "./holdings.ts";
import { toInside } from "./inside.ts";
import { leaseOf } from "./leases.ts";
import type { Unit } from "./unit.ts";

// Getters on the prototype return functions that need no `this`, so that `({ signal, ready }) => …` works. They cost
// nothing for a service that does not use them.
export class Context implements ServiceContext {
  readonly #unit: Unit;
  #log: Logger | undefined;

  constructor(unit: Unit) {
    this.#unit = unit;
  }

  get name(): string {
    return this.#unit.child.plan.name;
  }

  get path(): string {
    return this.#unit.child.path;
  }

  get incarnation(): number {
    return this.#unit.incarnation;
  }

  get signal(): AbortSignal {
    return this.#unit.signal;
  }

  get forceSignal(): AbortSignal {
    return this.#unit.forceSignal;
  }

  get ready(): (value?: unknown) => void {
    const unit = this.#unit;
    return (value) => {
      if (unit.child.plan.options.readyOnSignal) unit.child.tree.inContext(() => unit.ready(value));
    };
  }

  get heartbeat(): () => void {
    const unit = this.#unit;
    return () => unit.heartbeat();
  }

  get sleep(): (ms: number) => Promise<void> {
    const unit = this.#unit;
    return (ms) => sleep(unit, ms);
  }

  get now(): () => number {
    const { clock } = this.#unit.child.tree;
    return () => clock.now();
  }

  get fail(): ServiceContext["fail"] {
    const unit = this.#unit;
    return (error, cause) => unit.child.tree.inContext(() => unit.fail(toError(error), cause));
  }

  get use(): ServiceContext["use"] {
    const unit = this.#unit;
    return (service: string | ServiceSpec) => useDependency(unit, service) as never;
  }

  get lease(): Lease | null {
    return leaseOf(this.#unit.child);
  }

  /** For other parts of this package. */
  get [insideKey](): Inside {
    return toInside(this.#unit.child);
  }

  get log(): Logger {
    const { child, incarnation } = this.#unit;
    const { tree, path } = child;
    this.#log ??= tree.logs.watch(tree.logger.child({ path, incarnation }), path, incarnation);
    return this.#log;
  }
}

/** Waits on the clock of the tree; rejects when the incarnation is asked to stop. */
async function sleep(unit: Unit, ms: number): Promise<void> {
  const { child, signal } = unit;
  const { clock } = child.tree;
  check.patience(child.path, "ctx.sleep(ms)", ms, 0);
  if (signal.aborted) throw signal.reason;
  if (ms === Number.POSITIVE_INFINITY) return new Promise((_, reject) => onAbort(signal, reject));
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => {
      unlisten();
      resolve();
    }, ms);
    const unlisten = onAbort(signal, (reason) => {
      clock.clearTimeout(timer);
      reject(reason);
    });
  });
}

function onAbort(signal: AbortSignal, act: (reason: unknown) => void): () => void {
  const listener = () => act(signal.reason);
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}
