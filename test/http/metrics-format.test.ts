// /metrics as a scraper reads it: every text passes a strict parser, while services come, go and come back.

import client from "prom-client";
import { describe, expect, it } from "vitest";
import { createHealthHandler } from "../../src/http/index.ts";
import { type Families, parseStrictly } from "./strict-parser.ts";
import { createStage, scripted } from "./support.ts";

type Fetching = ReturnType<typeof createHealthHandler>;

async function scrape({ fetch }: Fetching, format: "prometheus" | "openmetrics"): Promise<Families> {
  const accept = format === "openmetrics" ? "application/openmetrics-text;version=1.0.0,text/plain;q=0.5" : "*/*";
  const response = fetch(new Request("http://localhost/metrics", { headers: { accept } }));
  const type = format === "openmetrics" ? "application/openmetrics-text; version=1.0.0" : "text/plain; version=0.0.4";
  expect([response.status, response.headers.get("content-type")]).toEqual([200, `${type}; charset=utf-8`]);
  return parseStrictly(await response.text(), format);
}

/** The samples that carry a label with this value. */
function samplesOf(families: Families, value: string): string[] {
  return [...families.values()]
    .flatMap(({ samples }) => [...samples.keys()])
    .filter((key) => key.includes(`"${value}"`));
}

describe.for(["prometheus", "openmetrics"] as const)("/metrics in the format of %s", (format) => {
  it("is what a strict parser takes, with nothing and with everything in the tree", async () => {
    const empty = createStage({ services: [] });
    await scrape(empty.handler, format);
    const a = scripted("a.b_c-D9");
    const { supervisor, handler, clock } = createStage({
      services: [
        a.spec,
        { name: "sub", critical: false, services: [scripted("c", { restart: { maxRetries: 0 } }).spec] },
      ],
    });
    await scrape(handler, format);
    await supervisor.start();
    a.fail(new Error('quotes " and \\ and\nlines'));
    await clock.advance(100);
    const families = await scrape(handler, format);
    expect(samplesOf(families, "shop/a.b_c-D9").length).toBeGreaterThan(6);
    const restarts = format === "openmetrics" ? "statevisor_service_restarts" : "statevisor_service_restarts_total";
    expect(families.get(restarts)!.samples.get('statevisor_service_restarts_total{service="shop/sub"}')).toBe(0);
    expect(families.get("statevisor_service_state_seconds")!.unit).toBe(format === "openmetrics" ? "seconds" : null);
  });

  // Case W12
  it("forgets a service that is removed, with all that was inside, and knows nothing of it when one of its name comes", async () => {
    const slow = scripted("t", { readyOn: "signal" });
    const { supervisor, handler, clock } = createStage({ services: [scripted("a").spec] });
    await supervisor.start();
    for (let round = 0; round < 3; round++) {
      const add = supervisor.addService(slow.spec);
      await clock.advance(2_000);
      expect(samplesOf(await scrape(handler, format), "shop/t").filter((key) => key.includes("start_seconds"))).toEqual(
        [],
      );
      slow.ready();
      await add;
      const start = (await scrape(handler, format)).get("statevisor_service_start_seconds")!;
      expect(start.samples.get('statevisor_service_start_seconds{service="shop/t"}')).toBe(2);
      await supervisor.removeService("t");
      expect(samplesOf(await scrape(handler, format), "shop/t")).toEqual([]);
    }
  });

  it("forgets what was inside a supervisor that is removed, its escalations too", async () => {
    const { supervisor, handler, clock } = createStage({ services: [] });
    await supervisor.start();
    const inner = scripted("c", { restart: { maxRetries: 0 }, startTimeoutMs: 5_000, readyOn: "signal" });
    const sub = () => ({ name: "sub", critical: false, restart: "never" as const, services: [inner.spec] });
    const added = supervisor.addService(sub());
    await clock.advance(1_000);
    inner.ready();
    await added;
    inner.fail();
    await clock.advance(0);
    const key = 'statevisor_escalations_total{supervisor="shop/sub"}';
    const escalations = format === "openmetrics" ? "statevisor_escalations" : "statevisor_escalations_total";
    expect((await scrape(handler, format)).get(escalations)!.samples.get(key)).toBe(1);
    await supervisor.removeService("sub");
    const again = supervisor.addService(sub());
    await clock.advance(0);
    const families = await scrape(handler, format);
    expect(families.get(escalations)!.samples.get(key)).toBe(0);
    expect(samplesOf(families, "shop/sub/c").filter((sample) => sample.includes("start_seconds"))).toEqual([]);
    inner.ready();
    await again;
  });

  // Case U4
  it("has the metrics of the user's registry, too, in its format", async () => {
    const registry = new client.Registry();
    if (format === "openmetrics") registry.setContentType(client.Registry.OPENMETRICS_CONTENT_TYPE as never);
    new client.Counter({ name: "orders_total", help: "Orders.", registers: [registry] }).inc(3);
    new client.Histogram({ name: "latency_seconds", help: "Latency.", labelNames: ["to"], registers: [registry] })
      .labels({ to: 'a"b' })
      .observe(0.2);
    const { supervisor } = createStage({ services: [scripted("a").spec] });
    const families = await scrape(createHealthHandler(supervisor, { registry }), format);
    expect(families.get(format === "openmetrics" ? "orders" : "orders_total")!.samples.get("orders_total")).toBe(3);
    expect(families.has("statevisor_service_healthy")).toBe(true);
  });

  // Case U4
  it("has one number for the state of a service, and only the services that are asked for", async () => {
    const services = Array.from({ length: 10 }, (_, i) => scripted(`s${i}`).spec);
    const { supervisor } = createStage({ services });
    const handler = createHealthHandler(supervisor, {
      serviceStates: "number",
      include: (path) => path === "shop/s1" || path === "shop/s2",
    });
    await supervisor.start();
    await supervisor.stopService("s2");
    const state = (await scrape(handler, format)).get("statevisor_service_state")!;
    expect(Object.fromEntries(state.samples)).toEqual({
      'statevisor_service_state{service="shop/s1"}': 2,
      'statevisor_service_state{service="shop/s2"}': 0,
    });
    expect(state.help).toContain("0 stopped, 1 starting, 2 running, 3 stopping, 4 backoff, 5 failed");
  });
});

it("a registry with a metric that has the name of one of the tree is refused at the scrape", async () => {
  const registry = new client.Registry();
  new client.Gauge({ name: "statevisor_service_healthy", help: "Mine.", registers: [registry] });
  const { supervisor } = createStage({ services: [scripted("a").spec] });
  const response = createHealthHandler(supervisor, { registry }).fetch(new Request("http://localhost/metrics"));
  expect([response.status, await response.text()]).toEqual([
    500,
    "the registry has a metric statevisor_service_healthy, which is the name of one of the tree\n",
  ]);
});

it("an include that throws, and a registry that fails, are answered with 500", async () => {
  const { supervisor } = createStage({ services: [scripted("a").spec] });
  const include = () => {
    throw new Error("bad include");
  };
  const response = createHealthHandler(supervisor, { include }).fetch(new Request("http://localhost/metrics"));
  expect([response.status, await response.text()]).toEqual([500, expect.stringContaining("bad include")]);
});

it("options that make no sense are refused", () => {
  const { supervisor } = createStage({ services: [] });
  for (const [options, message] of [
    [{ registry: {} }, /registry must be a registry of prom-client/],
    [{ serviceStates: "numbers" }, /serviceStates must be one of "state-set", "number"; got "numbers"/],
    [{ include: "a" }, /include must be a function/],
    [{ prefix: "x" }, /unknown option "prefix"/],
  ] as const) {
    expect(() => createHealthHandler(supervisor, options as never)).toThrow(message);
  }
});

it.for<[what: string, text: string, format: "prometheus" | "openmetrics"]>([
  [
    "a family in two parts",
    '# HELP a A\n# TYPE a gauge\na 1\n# HELP b B\n# TYPE b gauge\nb 1\na{x="y"} 1\n',
    "prometheus",
  ],
  ["a sample twice", "# HELP a A\n# TYPE a gauge\na 1\na 2\n", "prometheus"],
  ["a label twice", '# HELP a A\n# TYPE a gauge\na{x="1",x="2"} 1\n', "prometheus"],
  ["a raw line end in a label", '# HELP a A\n# TYPE a gauge\na{x="1\n2"} 1\n', "prometheus"],
  ["no end of a line", "# HELP a A\n# TYPE a gauge\na 1", "prometheus"],
  ["no EOF", "# HELP a A\n# TYPE a gauge\na 1\n", "openmetrics"],
  ["a counter named by its samples", "# HELP a_total A\n# TYPE a_total counter\na_total 1\n# EOF\n", "openmetrics"],
])("the parser of these tests refuses %s", ([, text, format]) => {
  expect(() => parseStrictly(text, format)).toThrow();
});
