// spans.ts: the incarnations of a tree as spans, made from its updates.

import {
  type Attributes,
  context,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { textOf } from "../contract/wording.ts";
import type { Exit, Supervisor, Update } from "../index.ts";

type StatusUpdate = Extract<Update, { type: "status" }>;

/** One incarnation that has not ended. */
interface Open {
  readonly incarnation: number;
  readonly span: Span;
  /** What added to a time of the tree's clock gives milliseconds since 1970: one for all of its times. */
  readonly offset: number;
  /** Its start or its stop, while that lasts. */
  part: Span | null;
}

export class Spans {
  readonly #supervisor: Supervisor;
  readonly #tracer: Tracer;
  readonly #include: (path: string) => boolean;
  readonly #open = new Map<string, Open>();
  /** The last incarnation of each path, for the link of the next one. */
  readonly #last = new Map<string, SpanContext>();

  constructor(supervisor: Supervisor, tracer: Tracer, include: ((path: string) => boolean) | undefined) {
    this.#supervisor = supervisor;
    this.#tracer = tracer;
    this.#include = (path) => path === supervisor.name || (include?.(path) ?? true);
  }

  note(update: Update): void {
    const { path, at } = update;
    if (update.type === "status") return this.#noteStatus(update);
    if (update.type === "removed") {
      this.#finish(path, undefined, at);
      this.#last.delete(path);
      return;
    }
    const open = this.#open.get(path);
    if (open !== undefined) noteEvent(open.span, update, open.offset + at);
  }

  #noteStatus({ path, to, phase, incarnation, exit, at }: StatusUpdate): void {
    const isLaunched = to === "starting" && phase === "launching";
    const open = this.#open.get(path);
    if (isLaunched || (to !== "running" && to !== "stopping")) this.#finish(path, exit, at);
    if (isLaunched && this.#include(path)) this.#begin(path, incarnation, at);
    if (open === undefined) return;
    if (to === "running") this.#endPart(open, at);
    if (to === "stopping") {
      this.#endPart(open, at);
      open.part = this.#child(open.span, `stop ${path}`, open.offset + at);
    }
  }

  #begin(path: string, incarnation: number, at: number): void {
    const before = this.#last.get(path);
    const links: Link[] = before === undefined ? [] : [{ context: before }];
    const attributes = { "statevisor.path": path, "statevisor.incarnation": incarnation };
    const offset = Date.now() - this.#supervisor.now();
    const options = { root: true, startTime: offset + at, links, attributes };
    const span = this.#tracer.startSpan(`run ${path}`, options, ROOT_CONTEXT);
    this.#last.set(path, span.spanContext());
    this.#open.set(path, { incarnation, span, offset, part: this.#child(span, `start ${path}`, offset + at) });
  }

  #child(span: Span, name: string, startTime: number): Span {
    return this.#tracer.startSpan(name, { startTime }, trace.setSpan(ROOT_CONTEXT, span));
  }

  #endPart(open: Open, at: number): void {
    open.part?.end(open.offset + at);
    open.part = null;
  }

  #finish(path: string, exit: Exit | undefined, at: number): void {
    const open = this.#open.get(path);
    if (open === undefined) return;
    this.#open.delete(path);
    for (const span of [open.part, open.span]) {
      if (span === null) continue;
      setExit(span, exit, open.offset + at);
      span.end(open.offset + at);
    }
  }

  /** Ends what is open. */
  end(): void {
    for (const path of [...this.#open.keys()]) this.#finish(path, undefined, this.#supervisor.now());
  }

  /** As the conventions of OpenTelemetry name the ids in logs of other formats. */
  idsOf(path: string, incarnation: number): object | undefined {
    const open = this.#open.get(path);
    const own = open?.incarnation === incarnation ? open.span.spanContext() : undefined;
    const active = trace.getSpan(context.active())?.spanContext() ?? own;
    if (active === undefined || !isSpanContextValid(active)) return undefined;
    const { traceId, spanId, traceFlags } = active;
    return { trace_id: traceId, span_id: spanId, trace_flags: traceFlags.toString(16).padStart(2, "0") };
  }
}

function noteEvent(span: Span, update: Update, time: number): void {
  switch (update.type) {
    case "service-health":
      span.addEvent(update.healthy ? "healthy" : "unhealthy", textOfError(update.error), time);
      return;
    case "stray-error":
    case "escalation":
      span.recordException(update.error, time);
      return;
    case "unstopped":
      span.addEvent("unstopped", { "statevisor.waited_ms": update.waitedMs }, time);
      return;
    case "role":
      span.addEvent(`role ${update.because}`, toAttributes(update), time);
      return;
    case "member":
      span.addEvent(`member ${update.because}`, { "statevisor.node": update.node }, time);
      return;
    default:
  }
}

function toAttributes({ role, shard, to, node }: Extract<Update, { type: "role" }>): Attributes {
  return {
    "statevisor.role": shard === null ? role : `${role}/${shard}`,
    "statevisor.role_state": to,
    ...(node !== null && { "statevisor.node": node }),
  };
}

function setExit(span: Span, exit: Exit | undefined, time: number): void {
  if (exit === undefined) return;
  span.setAttribute("statevisor.exit", exit.kind);
  if (exit.kind === "unstopped") {
    span.setStatus({ code: SpanStatusCode.ERROR, message: "still running after its stop deadline; left behind" });
  }
  if (exit.kind !== "failed") return;
  const { error, cause } = exit;
  span.setAttributes({ "statevisor.cause": cause, "error.type": textOf(error, "code") || textOf(error, "name") });
  span.recordException(error, time);
  span.setStatus({ code: SpanStatusCode.ERROR, message: textOf(error) });
}

function textOfError(error: Error | undefined): Record<string, string> {
  return error === undefined ? {} : { "exception.message": textOf(error) };
}
