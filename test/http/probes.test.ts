// /livez, /readyz, /startupz: what an orchestrator asks.

import { describe, expect, it } from "vitest";
import { createHealthHandler } from "../../src/http/index.ts";
import { createStage, scripted } from "./support.ts";

describe("/livez", () => {
  it("is 200 before the start, while the tree runs unhealthy, and after a stop", async () => {
    const a = scripted("a");
    const { supervisor, get } = createStage({ services: [a.spec] });
    expect(await get("/livez")).toMatchObject({ status: 200, text: "ok\n" });
    await supervisor.start();
    a.fail(new Error("broken"));
    await Promise.resolve();
    expect((await get("/livez")).status).toBe(200);
    await supervisor.stop();
    expect((await get("/livez")).status).toBe(200);
  });

  it("is 503 with the reason once the tree has failed", async () => {
    const a = scripted("a", { restart: { maxRetries: 0 } });
    const { supervisor, get } = createStage({ services: [a.spec] });
    await supervisor.start();
    a.fail(new Error("broken"));
    await supervisor.exit;
    const { status, text } = await get("/livez");
    expect(status).toBe(503);
    expect(text).toContain("broken");
  });
});

describe("/readyz", () => {
  it("is 503 until the tree is up, 200 then, and 503 again from the stop on", async () => {
    const a = scripted("a", { readyOn: "signal" });
    const { supervisor, get, clock } = createStage({ services: [a.spec] });
    expect(await get("/readyz")).toMatchObject({ status: 503, text: "stopped\n" });
    const started = supervisor.start();
    await clock.advance(0);
    expect(await get("/readyz")).toMatchObject({ status: 503, text: "starting\n" });
    a.ready();
    await started;
    expect(await get("/readyz")).toMatchObject({ status: 200, text: "ok\n" });
    a.ignoreStop();
    const stopped = supervisor.stop();
    expect(await get("/readyz")).toMatchObject({ status: 503, text: "stopping\n" });
    a.complete();
    await stopped;
    expect((await get("/readyz")).status).toBe(503);
  });

  it("is 503 while a critical service is down, and 200 while only others are", async () => {
    const a = scripted("a");
    const b = scripted("b", { critical: false });
    const { supervisor, get, clock } = createStage({ services: [a.spec, b.spec] });
    await supervisor.start();
    b.fail();
    await clock.advance(0);
    expect(await get("/readyz")).toMatchObject({ status: 200, text: "degraded\n" });
    a.fail();
    await clock.advance(0);
    expect(await get("/readyz")).toMatchObject({ status: 503, text: "unhealthy\n" });
  });

  it("lists each service with ?verbose, with the reason for those that are not healthy", async () => {
    const a = scripted("a");
    const b = scripted("b", { critical: false });
    const { supervisor, get, clock } = createStage({ services: [a.spec, b.spec] });
    await supervisor.start();
    b.fail(new Error("no route"));
    await clock.advance(0);
    expect((await get("/readyz?verbose")).text).toBe(
      "degraded\n[+] shop/a ok\n[-] shop/b in backoff, next attempt in 1.0 s, 4 of 5 retries left: no route (not critical)\n",
    );
  });

  it("keeps each service to one line, whatever its error says", async () => {
    const a = scripted("a", { critical: false });
    const { supervisor, get, clock } = createStage({ services: [a.spec] });
    await supervisor.start();
    a.fail(new Error("x\n[+] shop/a ok\r\n  at y"));
    await clock.advance(0);
    expect((await get("/readyz?verbose")).text.trim().split("\n")).toHaveLength(2);
    expect((await get("/readyz/a")).text.trim().split("\n")).toHaveLength(1);
  });

  it("counts a service that has completed as it should", async () => {
    const job = scripted("job", { restart: "never" });
    const { supervisor, get, clock } = createStage({ services: [job.spec, scripted("a").spec] });
    await supervisor.start();
    job.complete();
    await clock.advance(2_000);
    expect((await get("/readyz?verbose")).text).toBe("ok\n[+] shop/job completed 2.0 s ago\n[+] shop/a ok\n");
    expect((await get("/readyz/job")).status).toBe(200);
    const { checks } = JSON.parse((await get("/health")).text);
    expect(checks["shop/job:state"]).toMatchObject([{ status: "pass", observedValue: "stopped" }]);
  });

  it("answers for one service, with or without the root's name, and 404 with the nearest name for none", async () => {
    const a = scripted("a");
    const { supervisor, get } = createStage({ services: [{ name: "web", services: [a.spec] }] });
    expect((await get("/readyz/web/a")).status).toBe(503);
    await supervisor.start();
    expect(await get("/readyz/web/a")).toMatchObject({ status: 200, text: "ok\n" });
    expect((await get("/readyz/shop/web")).status).toBe(200);
    const unknown = await get("/readyz/wep");
    expect(unknown.status).toBe(404);
    expect(unknown.text).toContain("web");
    expect((await get("/readyz/%E0%A4%A")).status).toBe(404);
  });
});

describe("/startupz", () => {
  it("is 200 from the first start on, whatever comes after", async () => {
    const a = scripted("a", { restart: { maxRetries: 0 } });
    const { supervisor, get } = createStage({ services: [a.spec] });
    expect((await get("/startupz")).status).toBe(503);
    await supervisor.start();
    expect((await get("/startupz")).status).toBe(200);
    a.fail();
    await supervisor.exit;
    expect((await get("/startupz")).status).toBe(200);
  });
});

describe("the handler", () => {
  it("is made for a supervisor, and for nothing else", () => {
    for (const given of [undefined, null, {}]) {
      expect(() => createHealthHandler(given as never)).toThrow("supervisor must be what createSupervisor returned");
    }
  });

  it("cuts what an error says at length", async () => {
    const a = scripted("a", { critical: false });
    const { supervisor, get, clock } = createStage({ services: [a.spec] });
    await supervisor.start();
    a.fail(new Error("x".repeat(1_000_000)));
    await clock.advance(0);
    for (const path of ["/readyz?verbose", "/readyz/a", "/health"])
      expect((await get(path)).text.length).toBeLessThan(3_000);
  });
});

describe("every path", () => {
  it("answers GET and HEAD, and refuses the rest", async () => {
    const { get } = createStage({ services: [] });
    expect(await get("/livez", "HEAD")).toMatchObject({ status: 200, text: "" });
    const refused = await get("/livez", "POST");
    expect(refused.status).toBe(405);
    expect(refused.headers.get("allow")).toBe("GET, HEAD");
  });

  it("is not cached, may end with a slash, and is 404 where there is nothing", async () => {
    const { get } = createStage({ services: [] });
    expect((await get("/livez/")).headers.get("cache-control")).toBe("no-store");
    expect((await get("/nothing")).status).toBe(404);
    expect((await get("/", "POST")).status).toBe(404);
  });
});
