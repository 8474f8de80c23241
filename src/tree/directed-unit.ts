// directed-unit.ts: the unit of a nested supervisor whose children a director adds and removes. Its family begins empty.
// At a stop the director is asked first: it stops its children in its own order, and the supervisor ends after it.

import type { CreateDirector, Director, DirectorHost } from "../contract/director.ts";
import { toError } from "../contract/errors.ts";
import { planChild } from "../definition/plan-supervisor.ts";
import { addDirected, toRule } from "./directed-child.ts";
import { useDependency } from "./holdings.ts";
import { toInside } from "./inside.ts";
import { SupervisorUnit } from "./supervisor-unit.ts";

export class DirectedUnit extends SupervisorUnit {
  #director: Director | null = null;
  #state: "directing" | "asked" | "over" = "directing";
  #error: Error | null = null;
  #isComplete = false;

  protected override onFamilyUp(): void {
    if (this.isEnding) return;
    try {
      this.#director = (this.child.plan.supervisor!.director as CreateDirector)(this.#toHost());
    } catch (error) {
      this.fail(toError(error));
    }
  }

  protected override interrupt(): void {
    if (this.#director === null) return super.interrupt();
    if (this.#state !== "directing") return;
    this.#state = "asked";
    this.#director.stop();
  }

  override abandon(): void {
    if (this.#state === "asked") this.#director?.abandon();
    super.abandon();
  }

  protected override onFamilyEnded(error: Error | null): void {
    this.#state = "over";
    if (this.#isComplete && error === null) return this.end({ kind: "completed", value: undefined });
    super.onFamilyEnded(this.#error ?? error);
  }

  #toHost(): DirectorHost {
    const { child } = this;
    const supervisor = child.supervisor!;
    return {
      ...toInside(child),
      isCritical: child.plan.options.critical,
      use: (service) => useDependency(this, service),
      check: (spec) => toRule(planChild(spec, child.path, supervisor.plan.rule, new Map()), child.tree),
      add: (spec, options) => addDirected(supervisor, spec, options),
      ready: (value) => child.tree.turns.enter(() => this.ready(value)),
      rate: (healthy, error) => {
        child.unhealthyError = healthy ? null : (error ?? null);
        child.send({ type: healthy ? "readiness.passed" : "readiness.failed" });
      },
      fail: (error) => child.tree.turns.enter(() => this.fail(error)),
      complete: () =>
        child.tree.turns.enter(() => {
          if (this.isEnding) return;
          this.#isComplete = true;
          this.#state = "asked";
          this.#director?.stop();
        }),
      ended: (error) => {
        if (this.#state !== "asked") return;
        this.#state = "over";
        this.#error = error;
        child.tree.turns.enter(() => supervisor.requestStop());
      },
    };
  }
}
