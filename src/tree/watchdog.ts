// watchdog.ts: fails an incarnation that has not called `ctx.heartbeat()` for `watchdogMs`.

import { SupervisorError } from "../contract/errors.ts";
import type { Unit } from "./unit.ts";

/** Uses one timer, which compares the time of the last heartbeat when it fires. */
export class Watchdog {
  readonly #unit: Unit;
  readonly #withinMs: number;
  #fedAt: number;
  #timer: unknown;

  constructor(unit: Unit, withinMs: number) {
    this.#unit = unit;
    this.#withinMs = withinMs;
    this.#fedAt = unit.child.tree.clock.now();
    this.#wait(withinMs);
  }

  feed(): void {
    this.#fedAt = this.#unit.child.tree.clock.now();
  }

  stop(): void {
    if (this.#timer !== undefined) this.#unit.child.tree.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(ms: number): void {
    this.#timer = this.#unit.child.tree.clock.setTimeout(() => this.#look(), ms);
  }

  #look(): void {
    const { path, tree } = this.#unit.child;
    const silentMs = tree.clock.now() - this.#fedAt;
    if (silentMs < this.#withinMs) return this.#wait(this.#withinMs - silentMs);
    this.#timer = undefined;
    const message = `${path}: no heartbeat for ${Math.round(silentMs)} ms; watchdogMs is ${this.#withinMs}. Is it blocked, or must it call ctx.heartbeat() more often?`;
    this.#unit.fail(new SupervisorError("ERR_WATCHDOG", message, { path }), "watchdog");
  }
}
