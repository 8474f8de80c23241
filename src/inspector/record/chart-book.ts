// chart-book.ts: the charts of the actor logics in a recording, by key. A chart is made when it is first asked for.

import type { AnyActorLogic } from "xstate";
import { isMachine, toChart } from "../shared/charts.ts";
import type { Chart } from "../shared/protocol.ts";

export class ChartBook {
  readonly #logics = new Map<string, AnyActorLogic>();
  readonly #keys = new WeakMap<object, string>();
  readonly #charts = new Map<string, Chart>();

  get size(): number {
    return this.#logics.size;
  }

  /** The key of the chart of an actor logic of the user's. */
  keyOf(logic: AnyActorLogic): string {
    const known = this.#keys.get(logic);
    if (known !== undefined) return known;
    // All logics that are not machines share one chart: there may be thousands of promises and callbacks.
    const key = isMachine(logic) ? `machine-${this.#logics.size}` : "actor";
    this.add(key, logic);
    return key;
  }

  add(key: string, logic: AnyActorLogic): void {
    if (!this.#logics.has(key)) this.#logics.set(key, logic);
    this.#keys.set(logic, key);
  }

  /** The charts whose keys are not in `known`. */
  beside(known: ReadonlySet<string>): Record<string, Chart> {
    const charts: Record<string, Chart> = {};
    for (const [key, logic] of this.#logics) {
      if (known.has(key)) continue;
      const chart = this.#charts.get(key) ?? toChart(key, logic);
      this.#charts.set(key, chart);
      charts[key] = chart;
    }
    return charts;
  }
}
