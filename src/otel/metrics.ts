// metrics.ts: the metrics of a tree as observable instruments.

import type { Meter, Observable } from "@opentelemetry/api";
import { createFamilies } from "../http/families.ts";
import type { Supervisor } from "../index.ts";

/** Returns the remover. */
export function observe(
  supervisor: Supervisor,
  meter: Meter,
  include: ((path: string) => boolean) | undefined,
): () => void {
  const families = createFamilies(supervisor, { include });
  const instruments = new Map<string, Observable>();
  for (const { name, help, type, unit } of families()) {
    const options = { description: help, ...(unit === "seconds" && { unit: "s" }) };
    const make = type === "counter" ? meter.createObservableCounter : meter.createObservableGauge;
    instruments.set(name, make.call(meter, name, options));
  }
  const all = [...instruments.values()];
  const read: Parameters<Meter["addBatchObservableCallback"]>[0] = (result) => {
    for (const { name, samples } of families()) {
      for (const { labels, value } of samples) result.observe(instruments.get(name)!, value, labels);
    }
  };
  meter.addBatchObservableCallback(read, all);
  return () => {
    meter.removeBatchObservableCallback(read, all);
    families.stop();
  };
}
