// createMetrics: the tree as metrics, read from its status when they are asked for.

import { check, checkKeys, invalid } from "../contract/check.ts";
import type { Supervisor } from "../index.ts";
import { type Answer, text } from "./answer.ts";
import { type Family, type Format, formatFamilies, formatOf, formats, openMetricsEnd } from "./exposition.ts";
import { createFamilies, type FamilyOptions } from "./families.ts";

/** What is used of a registry of prom-client, version 14 or later. */
export interface MetricsRegistry {
  readonly contentType: string;
  metrics(): string | Promise<string>;
  getSingleMetric(name: string): unknown;
}

export interface MetricsOptions extends FamilyOptions {
  /** Your registry of prom-client: `/metrics` serves its metrics after those of the tree, in its format. */
  registry?: MetricsRegistry | undefined;
}

/** @throws SupervisorError ERR_INVALID_SPEC */
export function checkMetricsOptions(options: MetricsOptions): void {
  check.object("createHealthHandler", "options", options);
  checkKeys("createHealthHandler", options, ["registry", "serviceStates", "include"]);
  const { registry, serviceStates, include } = options;
  if (registry !== undefined && typeof registry?.metrics !== "function") {
    throw invalid("createHealthHandler", "registry", "a registry of prom-client", registry);
  }
  check.oneOf("createHealthHandler", "serviceStates", serviceStates, ["state-set", "number"], "state-set");
  check.function("createHealthHandler", "include", include);
}

/** Answers `/metrics`. It follows the tree from now on. `accept` is the header of that name. */
export function createMetrics(
  supervisor: Supervisor,
  { registry, ...options }: MetricsOptions,
  more: () => Family[] = () => [],
): (accept: string) => Answer {
  const families = createFamilies(supervisor, options);
  return (accept) => {
    const own = [...families(), ...more()];
    if (registry === undefined) {
      const format = accept.includes("application/openmetrics-text") ? "openmetrics" : "prometheus";
      return answerWith(format, formatFamilies(own, format) + (format === "openmetrics" ? openMetricsEnd : ""));
    }
    const taken = own.find(
      ({ name }) => registry.getSingleMetric?.(name) ?? registry.getSingleMetric?.(`${name}_total`),
    );
    if (taken) return text(500, `the registry has a metric ${taken.name}, which is the name of one of the tree`);
    const format = formatOf(registry.contentType);
    return answerWith(
      format,
      Promise.resolve(registry.metrics()).then((theirs) => formatFamilies(own, format) + theirs),
    );
  };
}

function answerWith(format: Format, body: Answer["body"]): Answer {
  return { status: 200, type: formats[format], body };
}
