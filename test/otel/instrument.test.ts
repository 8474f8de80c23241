// instrument(): what a tree reports, read back from the SDK of OpenTelemetry.

import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, context, ROOT_CONTEXT, SpanStatusCode, trace } from "@opentelemetry/api";
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { describe, expect, it } from "vitest";
import { createHealthHandler } from "../../src/http/index.ts";
import type { ServiceSpec, Supervisor, SupervisorSpec } from "../../src/index.ts";
import { type InstrumentOptions, instrument } from "../../src/otel/index.ts";
import { createScenario, scripted } from "../support/scenario.ts";

function createTraces() {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const spans = () => exporter.getFinishedSpans();
  return {
    tracer: provider.getTracer("test"),
    spans,
    named: (name: string) => spans().filter((span) => span.name === name),
    names: () => spans().map(({ name }) => name),
  };
}

function createTraced(spec: Omit<SupervisorSpec, "name">, options: InstrumentOptions = {}) {
  const logged: [object, string][] = [];
  const note = (data: object, message: string) => logged.push([data, message]);
  const logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
  const s = createScenario(spec, { logger });
  const traces = createTraces();
  const remove = instrument(s.supervisor, { tracer: traces.tracer, meter: false, ...options });
  return { ...s, ...traces, logged, remove };
}

const parentOf = (span: ReadableSpan) => span.parentSpanContext?.spanId;
const msOf = ({ duration: [seconds, nanos] }: ReadableSpan) => seconds * 1_000 + nanos / 1e6;

describe("spans", () => {
  it("an incarnation is a trace: its start and its stop are inside of it", async () => {
    const a = scripted("a", { readyOn: "signal" } as Partial<ServiceSpec>);
    const t = createTraced({ services: [a.spec] });
    const started = t.supervisor.start();
    await t.clock.advance(40);
    a.ready();
    await started;
    await t.clock.advance(1_000);
    await t.stop();
    expect(t.names()).toEqual(["start app/a", "start app", "stop app/a", "run app/a", "stop app", "run app"]);
    const [run] = t.named("run app/a");
    const [start] = t.named("start app/a");
    const [stop] = t.named("stop app/a");
    expect([parentOf(run!), parentOf(start!), parentOf(stop!)]).toEqual([
      undefined,
      run!.spanContext().spanId,
      run!.spanContext().spanId,
    ]);
    expect(run!.attributes).toEqual({
      "statevisor.path": "app/a",
      "statevisor.incarnation": 1,
      "statevisor.exit": "stopped",
    });
    expect([Math.round(msOf(start!)), Math.round(msOf(run!))]).toEqual([40, 1_040]);
  });

  it("a failure has the exception, and the next incarnation is linked to it", async () => {
    const a = scripted("a", { restart: { jitter: false } });
    const t = createTraced({ services: [a.spec] });
    await t.start();
    a.fail(Object.assign(new Error("disk full"), { code: "ENOSPC" }));
    await t.clock.advance(1_000);
    await t.stop();
    const [first, second] = t.named("run app/a");
    expect(first!.status).toEqual({ code: SpanStatusCode.ERROR, message: "disk full" });
    expect(first!.attributes).toMatchObject({
      "statevisor.exit": "failed",
      "statevisor.cause": "error",
      "error.type": "ENOSPC",
    });
    expect(first!.events.map(({ name }) => name)).toEqual(["exception"]);
    expect(second!.links.map((link) => link.context.spanId)).toEqual([first!.spanContext().spanId]);
    expect(second!.spanContext().traceId).not.toBe(first!.spanContext().traceId);
    expect(second!.status.code).toBe(SpanStatusCode.UNSET);
  });

  it("a start that fails, health, and a stop that is late are told", async () => {
    const a = scripted("a", { restart: "never", readyOn: "signal" } as Partial<ServiceSpec>);
    const b = scripted("b", { stopTimeoutMs: 10 });
    const t = createTraced({ services: [a.spec, b.spec] });
    await t.start();
    a.fail(new Error("no port"));
    b.ignoreStop();
    await t.clock.advance(0);
    expect(t.named("start app/a")[0]!.status.message).toBe("no port");
    const stopped = t.supervisor.stop().catch(() => {});
    await t.clock.advance(10);
    await stopped;
    const [run] = t.named("run app/b");
    expect(run!.status.message).toContain("still running after its stop deadline");
    expect(run!.events.map(({ name }) => name)).toContain("unstopped");
    b.ignoreStop(false);
    b.complete();
  });

  it("what include leaves out has none, and the remover ends what is open", async () => {
    const [a, b] = [scripted("a"), scripted("b")];
    const t = createTraced({ services: [a.spec, b.spec] }, { include: (path) => path !== "app/b" });
    await t.start();
    t.remove();
    expect(t.names().sort()).toEqual(["run app", "run app/a", "start app", "start app/a"]);
    await t.stop();
    expect(t.spans()).toHaveLength(4);
  });

  it("a removed service leaves no span open", async () => {
    const a = scripted("a");
    const t = createTraced({ services: [a.spec] });
    await t.start();
    await t.supervisor.removeService("a");
    expect(t.named("run app/a")).toHaveLength(1);
  });
});

describe("ids in the log", () => {
  it("are those of the incarnation, or of the span that is active", async () => {
    let log: (text: string) => void = () => {};
    const t = createTraced({
      services: [
        {
          name: "a",
          start: ({ log: own }) => {
            log = (text) => own.info({ own: 1 }, text);
          },
        },
      ],
    });
    await t.start();
    log("outside");
    const span = t.tracer.startSpan("request");
    const active = new AsyncLocalStorage<Context>();
    context.setGlobalContextManager({
      active: () => active.getStore() ?? ROOT_CONTEXT,
      with: (given, work, thisArg, ...args) => active.run(given, () => work.call(thisArg as never, ...args)),
      bind: (_, target) => target,
      enable() {
        return this;
      },
      disable() {
        return this;
      },
    });
    context.with(trace.setSpan(ROOT_CONTEXT, span), () => log("inside"));
    context.disable();
    await t.stop();
    const [run] = t.named("run app/a");
    const idsOf = (text: string) => t.logged.find(([, message]) => message === text)![0];
    expect(idsOf("outside")).toEqual({ own: 1, ...toIds(run!.spanContext()) });
    expect(idsOf("inside")).toEqual({ own: 1, ...toIds(span.spanContext()) });
    t.remove();
    log("after");
    expect(idsOf("after")).toEqual({ own: 1 });
  });
});

function toIds({ traceId, spanId }: { traceId: string; spanId: string }) {
  return { trace_id: traceId, span_id: spanId, trace_flags: "01" };
}

describe("metrics", () => {
  async function collect(supervisor: Supervisor, act: (remove: () => void) => Promise<unknown>) {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e9 });
    const provider = new MeterProvider({ readers: [reader] });
    const remove = instrument(supervisor, { tracer: false, meter: provider.getMeter("test") });
    await act(remove);
    const { resourceMetrics } = await reader.collect();
    await provider.shutdown();
    return resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  }

  it("are those of /metrics, by name, labels and value", async () => {
    const a = scripted("a", { restart: { jitter: false } });
    const s = createScenario({ services: [a.spec, { name: "in", services: [scripted("b").spec] }] });
    const handler = createHealthHandler(s.supervisor);
    const metrics = await collect(s.supervisor, async () => {
      await s.start();
      a.fail(new Error("x"));
      await s.clock.advance(1_000);
    });
    const text = await handler.fetch(new Request("http://localhost/metrics")).text();
    const theirs = text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#") && !line.startsWith("statevisor_cluster"))
      .map((line) => line.replace("_total{", "{"));
    const ours = metrics.flatMap(({ descriptor, dataPoints }) =>
      (dataPoints as DataPoint<number>[]).map(({ attributes, value }) => {
        const labels = Object.entries(attributes).map(([name, label]) => `${name}="${label}"`);
        return `${descriptor.name}{${labels.join(",")}} ${value}`;
      }),
    );
    expect(ours.sort()).toEqual(theirs.sort());
    expect(ours.length).toBeGreaterThan(20);
  });

  it("end with the remover", async () => {
    const s = createScenario({ services: [scripted("a").spec] });
    await s.start();
    const metrics = await collect(s.supervisor, async (remove) => remove());
    expect(metrics.flatMap(({ dataPoints }) => dataPoints as unknown[])).toEqual([]);
  });
});

it("says what is wrong with its arguments", () => {
  const { supervisor } = createScenario({ services: [] });
  expect(() => instrument({} as never)).toThrow("what createSupervisor returns");
  expect(() => instrument(supervisor, { tracer: {} as never })).toThrow("a Tracer of OpenTelemetry, or false");
  expect(() => instrument(supervisor, { meter: 5 as never })).toThrow("a Meter of OpenTelemetry, or false");
  expect(() => instrument(supervisor, { trace: 1 } as never)).toThrow('unknown option "trace"');
});
