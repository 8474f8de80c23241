// watchdog.ts: fails an incarnation that has not called `ctx.heartbeat()` for `watchdogMs`.

import { SupervisorError } from "../contract/errors.ts";
import type { Unit } from "./unit.ts";

/** A timer this late, as a part of its delay, means that the event loop has been blocked. */
const lateShare = 0.1;

/**
 * Uses one timer, which compares the time of the last heartbeat when it fires. Where the event loop was blocked, heartbeats
 * of a process or a worker have come and not been read yet: it looks once more, a turn later.
 */
export class Watchdog {
  readonly #unit: Unit;
  readonly #withinMs: number;
  #fedAt: number;
  #dueAt = 0;
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

  #wait(ms: number, isSecondLook = false): void {
    const { clock } = this.#unit.child.tree;
    this.#dueAt = clock.now() + ms;
    this.#timer = clock.setTimeout(() => this.#look(isSecondLook), ms);
  }

  #look(isSecondLook: boolean): void {
    const { path, tree } = this.#unit.child;
    const now = tree.clock.now();
    const silentMs = now - this.#fedAt;
    if (silentMs < this.#withinMs) return this.#wait(this.#withinMs - silentMs);
    const wasBlocked = now - this.#dueAt > this.#withinMs * lateShare;
    if (wasBlocked && !isSecondLook) return this.#wait(1, true);
    this.#timer = undefined;
    const message = `${path}: no heartbeat for ${Math.round(silentMs)} ms; watchdogMs is ${this.#withinMs}. Is it blocked, or must it call ctx.heartbeat() more often?`;
    this.#unit.fail(new SupervisorError("ERR_WATCHDOG", message, { path }), "watchdog");
  }
}
