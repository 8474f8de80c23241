// instrument: a tree as traces, metrics and ids in its log, by the API of OpenTelemetry.

import { type Meter, metrics, type Tracer, trace } from "@opentelemetry/api";
import { check, checkKeys, invalid } from "../contract/check.ts";
import type { Supervisor } from "../index.ts";
import { observe } from "./metrics.ts";
import { Spans } from "./spans.ts";

export interface InstrumentOptions {
  /**
   * Makes the spans. false: none, and no ids in the log.
   *
   * @default the tracer "statevisor" of the global provider
   */
  tracer?: Tracer | false | undefined;
  /**
   * Makes the metrics. false: none.
   *
   * @default the meter "statevisor" of the global provider
   */
  meter?: Meter | false | undefined;
  /**
   * Which services have spans and metrics, nested supervisors included. The root always has spans.
   *
   * @default all
   */
  include?: ((path: string) => boolean) | undefined;
}

/**
 * Reports a tree to OpenTelemetry from now on; call it before `start()`.
 *
 * Traces. Each incarnation is one trace: `run <path>` from launching to its end, with `start <path>` until it is ready and
 * `stop <path>` from when it is asked to end. It is linked to the incarnation before, since a parent that lives for months
 * would make one endless trace. The run of the tree is the one of the root. What failed has the exception and the status
 * error; `error.type` is the code of the error, or its name.
 *
 * Metrics. Those of `/metrics` of `statevisor/http`, with the same names and labels, read when they are collected.
 *
 * Log. Entries of `ctx.log` have `trace_id`, `span_id` and `trace_flags`: of the active span, or else of the incarnation.
 *
 * Returns the remover, which ends the spans that are open.
 *
 * @throws SupervisorError ERR_INVALID_SPEC
 */
export function instrument(supervisor: Supervisor, options: InstrumentOptions = {}): () => void {
  if (typeof supervisor?.on !== "function") {
    throw invalid("instrument", "supervisor", "what createSupervisor returns", supervisor);
  }
  check.object("instrument", "options", options);
  checkKeys("instrument", options, ["tracer", "meter", "include"]);
  const { tracer = trace.getTracer("statevisor"), meter = metrics.getMeter("statevisor"), include } = options;
  if (tracer !== false && typeof tracer?.startSpan !== "function") {
    throw invalid("instrument", "tracer", "a Tracer of OpenTelemetry, or false", tracer);
  }
  if (meter !== false && typeof meter?.createObservableGauge !== "function") {
    throw invalid("instrument", "meter", "a Meter of OpenTelemetry, or false", meter);
  }
  check.function("instrument", "include", include);
  const removers = [
    ...(tracer === false ? [] : [traceTree(supervisor, tracer, include)]),
    ...(meter === false ? [] : [observe(supervisor, meter, include)]),
  ];
  return () => {
    for (const remove of removers.splice(0)) remove();
  };
}

function traceTree(supervisor: Supervisor, tracer: Tracer, include: InstrumentOptions["include"]): () => void {
  const spans = new Spans(supervisor, tracer, include);
  const removers = [
    supervisor.on("*", (update) => spans.note(update)),
    supervisor.extendLog(({ path, incarnation }) => spans.idsOf(path, incarnation)),
  ];
  return () => {
    for (const remove of removers) remove();
    spans.end();
  };
}
