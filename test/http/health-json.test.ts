// /health: application/health+json.

import { expect, it } from "vitest";
import { createStage, scripted } from "./support.ts";

it("says pass, warn and fail, with a check for each service", async () => {
  const a = scripted("a");
  const b = scripted("b", { critical: false });
  const { supervisor, get, clock } = createStage({ services: [a.spec, b.spec] });
  const ask = async () => {
    const { status, type, text } = await get("/health");
    expect(type).toBe("application/health+json");
    return { status, ...JSON.parse(text) };
  };
  await supervisor.start();
  expect(await ask()).toMatchObject({ status: "pass", serviceId: "shop" });
  expect((await get("/health")).status).toBe(200);

  b.fail(new Error("no route"));
  await clock.advance(0);
  const warned = await ask();
  expect(warned.status).toBe("warn");
  expect((await get("/health")).status).toBe(200);
  expect(warned.checks["shop/a:state"]).toMatchObject([{ status: "pass", observedValue: "running" }]);
  expect(warned.checks["shop/b:state"]).toMatchObject([
    { status: "warn", observedValue: "backoff", output: "no route" },
  ]);

  a.fail(new Error("gone"));
  await clock.advance(0);
  expect((await ask()).checks["shop/a:state"]).toMatchObject([{ status: "fail", output: "gone" }]);
  expect((await get("/health")).status).toBe(503);
});

it("fails no check while the whole does not: a service that was stopped by hand does not count", async () => {
  const a = scripted("a");
  const { supervisor, get } = createStage({ services: [a.spec] });
  await supervisor.start();
  await supervisor.stopService("a");
  const { status, checks } = JSON.parse((await get("/health")).text);
  expect([status, checks["shop/a:state"][0].status]).toEqual(["pass", "warn"]);
});
