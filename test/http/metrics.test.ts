// /metrics: the values of each service.

import { expect, it } from "vitest";
import { createStage, scripted } from "./support.ts";

it("has state, health, restarts, times and escalations of each service", async () => {
  const a = scripted("a", { readyOn: "signal" });
  const b = scripted("b", { critical: false, restart: { jitter: false, initialBackoffMs: 2_000 } });
  const c = scripted("c", { restart: { maxRetries: 0 } });
  const { supervisor, get, clock } = createStage({
    services: [a.spec, b.spec, { name: "sub", critical: false, restart: "never", services: [c.spec] }],
  });
  const started = supervisor.start();
  await clock.advance(250);
  a.ready();
  await started;
  b.fail();
  c.fail();
  await clock.advance(2_000);
  const { status, type, text } = await get("/metrics");
  expect(status).toBe(200);
  expect(type).toBe("text/plain; version=0.0.4; charset=utf-8");
  const lines = text.split("\n");
  for (const line of [
    'statevisor_service_state{service="shop/a",state="running"} 1',
    'statevisor_service_state{service="shop/a",state="failed"} 0',
    'statevisor_service_state{service="shop/sub",state="failed"} 1',
    'statevisor_service_healthy{service="shop/b"} 1',
    'statevisor_service_restarts_total{service="shop/b"} 1',
    'statevisor_service_start_seconds{service="shop/a"} 0.25',
    'statevisor_service_state_seconds{service="shop/a"} 2',
    'statevisor_supervisor_health{supervisor="shop",health="degraded"} 1',
    'statevisor_supervisor_health{supervisor="shop",health="healthy"} 0',
    'statevisor_escalations_total{supervisor="shop/sub"} 1',
    'statevisor_escalations_total{supervisor="shop"} 0',
    "# TYPE statevisor_service_restarts_total counter",
  ]) {
    expect(lines).toContain(line);
  }
});

it("reports a service that has completed as healthy: a migration that is done must not raise an alarm", async () => {
  const job = scripted("job", { restart: "never" });
  const { supervisor, get, clock } = createStage({ services: [job.spec] });
  await supervisor.start();
  job.complete();
  await clock.advance(0);
  expect((await get("/metrics")).text).toContain('statevisor_service_healthy{service="shop/job"} 1');
});

it("forgets a service that was removed", async () => {
  const a = scripted("a");
  const { supervisor, get } = createStage({ services: [a.spec] });
  await supervisor.start();
  expect((await get("/metrics")).text).toContain('"shop/a"');
  await supervisor.removeService("a");
  expect((await get("/metrics")).text).not.toContain('"shop/a"');
});
