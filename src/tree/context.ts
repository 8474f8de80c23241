// The context that the user's code of one incarnation is given: a thin face over its unit.

import { toError } from "../contract/errors.ts";
import type { Logger, ServiceContext } from "../contract/spec.ts";
import type { Unit } from "./unit.ts";

// Getters on the prototype give functions that need no `this`, so that `({ signal, ready }) => …` works, and cost
// nothing for a service that does not ask for them.
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
      if (unit.child.plan.readyOnSignal) unit.ready(value);
    };
  }

  get heartbeat(): () => void {
    const unit = this.#unit;
    return () => unit.heartbeat();
  }

  get fail(): (error: unknown) => void {
    const unit = this.#unit;
    return (error) => unit.fail(toError(error));
  }

  get use(): ServiceContext["use"] {
    return this.#unit.child.use;
  }

  get log(): Logger {
    const { child, incarnation } = this.#unit;
    this.#log ??= child.tree.logger.child({ path: child.path, incarnation });
    return this.#log;
  }
}
