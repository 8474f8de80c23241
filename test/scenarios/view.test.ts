// supervisor.view(): the status as an external store, compared by identity.

import { describe, expect, it } from "vitest";
import { createScenario, scripted } from "../support/scenario.ts";

async function running() {
  const [a, b] = [scripted("a"), scripted("b")];
  const s = createScenario({ services: [a.spec, { name: "inner", services: [b.spec] }] });
  await s.start();
  return { ...s, a, b };
}

// Case X9
describe("a view", () => {
  it("gives the same object until something in it changes, and is itself the same for the same path", async () => {
    const { supervisor, clock, a } = await running();
    const view = supervisor.view();
    const first = view.getSnapshot();
    expect(view.getSnapshot()).toBe(first);
    expect(supervisor.view()).toBe(view);
    expect(supervisor.view("app")).toBe(view);
    expect(supervisor.view("inner/b")).toBe(supervisor.view("app/inner/b"));
    expect(first).toEqual(supervisor.status());
    a.fail();
    await clock.advance(0);
    expect(view.getSnapshot()).not.toBe(first);
    expect(view.getSnapshot()).toEqual(supervisor.status());
  });

  it("keeps the parts that are as before", async () => {
    const { supervisor, clock, a } = await running();
    const [before, inner] = supervisor.view().getSnapshot().services;
    a.fail();
    await clock.advance(0);
    const [after, innerAfter] = supervisor.view().getSnapshot().services;
    expect(after).not.toBe(before);
    expect(innerAfter).toBe(inner);
  });

  it("of one service tells of that service alone", async () => {
    const { supervisor, clock, a, b } = await running();
    let told = 0;
    const unsubscribe = supervisor.view("inner/b").subscribe(() => told++);
    a.fail();
    await clock.advance(0);
    expect(told).toBe(0);
    b.fail();
    await clock.advance(0);
    expect(told).toBeGreaterThan(0);
    const before = told;
    unsubscribe();
    await clock.advance(5_000);
    expect(told).toBe(before);
  });

  it("shows what it tells of inside the callback", async () => {
    const { supervisor } = await running();
    const seen: string[] = [];
    const view = supervisor.view("a");
    view.subscribe(() => seen.push(view.getSnapshot().state));
    await supervisor.stopService("a");
    expect(seen).toEqual(["stopping", "stopped"]);
  });

  it("shows a service that was removed as stopped, and follows the next of its name", async () => {
    const { supervisor, a } = await running();
    const view = supervisor.view("a");
    await supervisor.removeService("a");
    expect(view.getSnapshot().state).toBe("stopped");
    await supervisor.addService(a.spec);
    expect(view.getSnapshot().state).toBe("running");
  });

  it("of an unknown path is refused", async () => {
    const { supervisor } = await running();
    expect(() => supervisor.view("c")).toThrow(expect.objectContaining({ code: "ERR_UNKNOWN_SERVICE" }));
  });
});
