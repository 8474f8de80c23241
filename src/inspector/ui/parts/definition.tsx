// How a service is defined, with every default.

import { formatMs } from "../model/format.ts";
import type { TreeNode } from "../model/tree.ts";
import { type Fact, FactList, limit } from "./facts.tsx";

export function Definition({ spec }: { spec: NonNullable<TreeNode["spec"]> }) {
  const facts: Fact[] = [];
  if ("restart" in spec) {
    const { policy, maxRetries, initialBackoffMs, maxBackoffMs, multiplier } = spec.restart;
    facts.push(["restart", policy]);
    if (policy !== "never") {
      facts.push(["retries", limit(maxRetries)]);
      facts.push(["backoff", `${formatMs(initialBackoffMs)} × ${multiplier}, at most ${formatMs(maxBackoffMs)}`]);
    }
    facts.push(["critical", spec.critical ? "yes" : "no"]);
    if (spec.significant) facts.push(["significant", "yes"]);
    facts.push(["start, stop within", `${timeout(spec.startTimeoutMs)}, ${timeout(spec.stopTimeoutMs)}`]);
    if (spec.startDelayMs > 0) facts.push(["start delay", formatMs(spec.startDelayMs)]);
    if (spec.probes.length > 0) facts.push(["probes", spec.probes.join(", ")]);
    if (spec.watchdogMs !== null) facts.push(["watchdog", formatMs(spec.watchdogMs)]);
    if (spec.kind === "service") facts.push(["body", spec.body]);
  }
  if ("strategy" in spec) {
    facts.push(["strategy", spec.strategy]);
    const { intensity } = spec;
    facts.push([
      "intensity",
      intensity === null ? "no limit" : `${intensity.maxRestarts} in ${formatMs(intensity.withinMs)}`,
    ]);
    if (spec.autoShutdown !== "never") facts.push(["auto shutdown", spec.autoShutdown]);
  }
  return (
    <section>
      <h3>Defined as</h3>
      <FactList facts={facts} />
      {spec.meta !== null && <pre tabIndex={0}>{JSON.stringify(spec.meta, null, 2)}</pre>}
    </section>
  );
}

function timeout(ms: number | null): string {
  return ms === null ? "no limit" : formatMs(ms);
}
