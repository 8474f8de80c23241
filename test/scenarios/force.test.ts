// The value that a `run` gives to ready(), and code that ends itself by force at its stop deadline.

import { describe, expect, it } from "vitest";
import type { ServiceContext, ServiceSpec } from "../../src/index.ts";
import { expectHistory } from "../support/invariants.ts";
import { watch } from "../support/promises.ts";
import { createScenario } from "../support/scenario.ts";

/** A service that ignores its stop, and ends `afterMs` after its forceSignal aborts, or never if null. */
function stubborn(afterMs: number | null, clock: () => { setTimeout(fn: () => void, ms: number): unknown }) {
  const service = { forced: 0, ended: 0 };
  const spec: ServiceSpec = {
    name: "stubborn",
    stopTimeoutMs: 1_000,
    run: ({ forceSignal }) =>
      new Promise<void>((resolve) => {
        forceSignal.addEventListener("abort", () => {
          service.forced++;
          if (afterMs === null) return;
          clock().setTimeout(() => {
            service.ended++;
            resolve();
          }, afterMs);
        });
      }),
  };
  return { service, spec };
}

describe("ctx.forceSignal", () => {
  it("ctx.forceSignal aborts at the stop deadline, and code that ends by it has stopped: the stop succeeds", async () => {
    const { service, spec } = stubborn(50, () => s.clock);
    const s = createScenario({ services: [spec] });
    await s.start();
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(999);
    expect(service.forced).toBe(0);
    await s.clock.advance(1);
    expect([service.forced, stopped.state, s.supervisor.status("stubborn").state]).toEqual([1, "pending", "stopping"]);
    await s.clock.advance(50);
    expect(stopped.state).toBe("resolved");
    expect(s.supervisor.status("stubborn")).toMatchObject({ state: "stopped", exit: "stopped" });
    expect(s.clock.pending).toBe(0);
    expectHistory(s.record.updates);
  });

  it("a service that does not end by force either is left behind 2 seconds later", async () => {
    const { spec } = stubborn(null, () => s.clock);
    const s = createScenario({ services: [spec] });
    await s.start();
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(2_000);
    // A second stop does not lengthen that.
    watch(s.supervisor.stop({ timeoutMs: 0 }));
    await s.clock.advance(999);
    expect(stopped.state).toBe("pending");
    await s.clock.advance(1);
    expect(stopped.error).toMatchObject({ code: "ERR_STOP_FAILED", errors: [{ code: "ERR_UNSTOPPED" }] });
    expect(s.record.updates).toContainEqual(expect.objectContaining({ type: "unstopped", waitedMs: 3_000 }));
    expect(s.clock.pending).toBe(0);
  });

  it("ctx.forceSignal aborts at the deadline of the whole stop, and only once if its own deadline passes after that", async () => {
    const { service, spec } = stubborn(1_500, () => s.clock);
    const s = createScenario({ services: [spec] });
    await s.start();
    const stopped = watch(s.supervisor.stop());
    watch(s.supervisor.stop({ timeoutMs: 0 }));
    await s.clock.advance(0);
    expect(service.forced).toBe(1);
    await s.clock.advance(1_500);
    expect([service.forced, stopped.state, s.clock.pending]).toEqual([1, "resolved", 0]);
  });

  it("ctx.forceSignal of an incarnation that fails aborts at the same deadline, and the incarnation has failed", async () => {
    let ctx: ServiceContext | undefined;
    const { service, spec } = stubborn(50, () => s.clock);
    const s = createScenario({
      services: [
        {
          ...spec,
          restart: "never",
          run: (given) => {
            ctx = given;
            return spec.run!(given);
          },
        },
      ],
    });
    await s.start();
    ctx!.fail(new Error("bad"));
    await s.clock.advance(1_050);
    expect(service.ended).toBe(1);
    expect(s.supervisor.status("stubborn")).toMatchObject({
      state: "failed",
      exit: "failed",
      error: { message: "bad" },
    });
  });
});

describe("ctx.ready(value)", () => {
  it("ctx.ready(value) gives the value of a run to its dependants and probes, until it ends", async () => {
    const seen: unknown[] = [];
    let client: ServiceContext | undefined;
    let end = () => {};
    const s = createScenario({
      services: [
        {
          name: "pool",
          readyOn: "signal",
          restart: "never",
          health: ({ value }) => void seen.push(value),
          run: ({ ready }) => {
            ready("first");
            ready("second");
            return new Promise<void>((resolve) => {
              end = resolve;
            });
          },
        },
        {
          name: "client",
          dependsOn: ["pool"],
          run: (ctx) => {
            client = ctx;
            return new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
          },
        },
      ],
    });
    await s.start();
    expect([client!.use("pool"), seen]).toEqual(["first", ["first"]]);
    end();
    await s.clock.advance(0);
    expect(() => client!.use("pool")).toThrow(expect.objectContaining({ code: "ERR_NOT_RUNNING" }));
  });

  it("ctx.ready(value) does not replace the actor that is the value of an actor service", async () => {
    const { fromCallback } = await import("xstate");
    let seen: unknown;
    const s = createScenario({
      services: [
        {
          name: "actor",
          readyOn: "signal",
          actor: fromCallback(({ input }) => void (input as ServiceContext).ready("nothing")),
          input: (ctx: ServiceContext) => ctx,
          health: ({ value }) => {
            seen = value;
          },
        },
      ],
    });
    await s.start();
    expect(seen).toHaveProperty("getSnapshot");
  });
});
