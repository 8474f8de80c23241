// startService, stopService and restartService in every state of a service.

import { describe, expect, it } from "vitest";
import type { SupervisorError } from "../../src/index.ts";
import { inState, situations } from "../support/in-state.ts";
import { expectHistory, expectOneStory } from "../support/invariants.ts";
import { rejection, watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";

describe.each(situations)("a service that is %s", (state) => {
  it("a service is up when startService resolves, once, with a fresh budget", async () => {
    const { s, service: api, starts, release } = await inState(state, { name: "api" });
    const started = watch(s.supervisor.startService("api"));
    const again = watch(s.supervisor.startService("api"));
    await release();
    expect([started.state, again.state]).toEqual(["resolved", "resolved"]);
    expect(s.supervisor.status("api")).toMatchObject({ state: "running", failures: 0 });
    const begun = ["running", "launching"].includes(state);
    expect(api.starts).toBe(begun ? starts : starts + 1);
    expect(api.live).toBe(1);
    expectOneStory(s);
    expectHistory(s.record.updates);
  });

  it("a service is up anew after restartService, and two calls share one restart", async () => {
    const { s, service: api, starts, release } = await inState(state, { name: "api" });
    const [one, two] = [watch(s.supervisor.restartService("api")), watch(s.supervisor.restartService("api"))];
    await release();
    expect([one.state, two.state]).toEqual(["resolved", "resolved"]);
    expect(s.supervisor.status("api")).toMatchObject({ state: "running", failures: 0 });
    expect([api.starts, api.live]).toEqual([starts + 1, 1]);
    expectOneStory(s);
    expectHistory(s.record.updates);
  });

  it("a service is down and stays down after stopService, and a second call resolves too", async () => {
    // case 115
    const { s, service: api, starts, release } = await inState(state, { name: "api" });
    const [one, two] = [watch(s.supervisor.stopService("api")), watch(s.supervisor.stopService("api"))];
    if (state === "stopping") await release();
    await s.clock.advance(100_000);
    expect([one.state, two.state]).toEqual(["resolved", "resolved"]);
    expect([api.starts, api.live]).toEqual([starts, 0]);
    expect(s.supervisor.status("api").state).toBe(["failed", "gave up"].includes(state) ? "failed" : "stopped");
    expectOneStory(s);
    expectHistory(s.record.updates);
  });

  it("a service is up when the last request was a start, whatever came before", async () => {
    const { s, service: api, release } = await inState(state, { name: "api" });
    watch(s.supervisor.stopService("api"));
    const last = watch(s.supervisor.startService("api"));
    await release().catch(() => {});
    await s.clock.advance(5_000);
    if (state === "launching") api.ready();
    await s.clock.advance(0);
    expect([last.state, api.live]).toEqual(["resolved", 1]);
    expectHistory(s.record.updates);
  });

  it("a service is down when the last request was a stop, and every promise settles", async () => {
    const { s, service: api, release } = await inState(state, { name: "api" });
    const promises = [
      watch(s.supervisor.startService("api")),
      watch(s.supervisor.stopService("api")),
      watch(s.supervisor.restartService("api")),
      watch(s.supervisor.stopService("api")),
    ];
    await release().catch(() => {});
    await s.clock.advance(100_000);
    expect(promises.map((one) => one.state)).not.toContain("pending");
    expect(api.live).toBe(0);
    expect(s.supervisor.status("api").state).toBe("stopped");
    expectHistory(s.record.updates);
  });
});

describe("every verb", () => {
  const verbs = ["startService", "stopService", "restartService", "removeService"] as const;

  it.each(verbs)("%s of an unknown path rejects and names the nearest one", async (verb) => {
    // case 49
    const s = createScenario({ services: [scripted("database").spec] });
    await s.start();
    const error: SupervisorError = await rejection(s.supervisor[verb]("databse"));
    expect(error).toMatchObject({
      code: "ERR_UNKNOWN_SERVICE",
      message: expect.stringMatching(/did you mean "database"/),
    });
  });

  it.each(verbs)("%s of the root is refused", async (verb) => {
    const s = createScenario({ services: [scripted("a").spec] });
    await s.start();
    expect(await rejection(s.supervisor[verb]("app"))).toMatchObject({ code: "ERR_INVALID_SPEC" });
  });

  it.each(verbs)("%s on a tree that is not running is refused", async (verb) => {
    const s = createScenario({ services: [scripted("a").spec] });
    expect(await rejection(s.supervisor[verb]("a"))).toMatchObject({ code: "ERR_NOT_RUNNING" });
    await s.start();
    await s.supervisor.stop();
    expect(await rejection(s.supervisor[verb]("a"))).toMatchObject({ code: "ERR_NOT_RUNNING" });
  });

  it("every verb works while the tree is starting", async () => {
    const [slow, a] = [scripted("slow", { readyOn: "signal" }), scripted("a")];
    const s = createScenario({ services: [slow.spec, a.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    await s.supervisor.restartService("a");
    await s.supervisor.stopService("a");
    await s.supervisor.startService("a");
    expect([a.starts, a.live, s.supervisor.status().state]).toEqual([3, 1, "starting"]);
    slow.ready();
    await s.clock.advance(0);
    expect(started.state).toBe("resolved");
  });
});
