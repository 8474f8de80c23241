// The log, in which a crash loop must be visible without listening to updates, and XState's own inspection.

import { describe, expect, it } from "vitest";
import type { InspectionEvent } from "xstate";
import type { Logger, ServiceSpec } from "../../src/index.ts";
import { watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";
import { deafService } from "../support/services.ts";

interface Line {
  readonly level: string;
  readonly data: Record<string, unknown>;
  readonly message: string;
}

/** A pino-shaped logger that keeps its lines, with the bindings of its children. */
function createLog(): { lines: Line[]; logger: Logger } {
  const lines: Line[] = [];
  const bind = (bindings: object): Logger => {
    const at = (level: string) => (data: object, message: string) =>
      void lines.push({ level, data: { ...bindings, ...data }, message });
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      child: (more) => bind({ ...bindings, ...more }),
    };
  };
  return { lines, logger: bind({}) };
}

describe("the log", () => {
  it("the log of a service's context is bound to its path and incarnation", async () => {
    const { lines, logger } = createLog();
    const a: ServiceSpec = {
      name: "a",
      run: ({ log, signal }) => {
        log.info({ port: 80 }, "listening");
        return new Promise<void>((done) => signal.addEventListener("abort", () => done()));
      },
    };
    const s = createScenario({ services: [{ name: "sub", services: [a] }] }, { logger });
    await s.start();
    await s.supervisor.restartService("sub/a");
    expect(lines).toEqual(
      [1, 2].map((incarnation) => ({
        level: "info",
        data: { path: "app/sub/a", incarnation, port: 80 },
        message: "listening",
      })),
    );
  });

  it("the log has each failure with its error, and says when it is for good", async () => {
    const { lines, logger } = createLog();
    const errors = [new Error("first"), new Error("second")];
    const a = scripted("a", { critical: false, restart: { maxRetries: 1 } });
    const s = createScenario({ services: [a.spec] }, { logger });
    await s.start();
    a.fail(errors[0]);
    await s.clock.advance(1_000);
    a.fail(errors[1]);
    await s.clock.advance(0);
    const told = lines.filter(({ data }) => data.path === "app/a");
    expect(told.map(({ level }) => level)).toEqual(["warn", "error"]);
    expect(told[0]!.data.err).toBe(errors[0]);
    expect((told[1]!.data.err as Error).cause).toBe(errors[1]);
    expect(told[1]!.message).toMatch(/for good/);
  });

  it("the log has what gave up, what is still running, and what went wrong in a listener", async () => {
    const { lines, logger } = createLog();
    const [a, deaf] = [scripted("a", { restart: { maxRetries: 0 } }), deafService("deaf", { stopTimeoutMs: 10 })];
    const s = createScenario({ services: [a.spec, deaf.spec] }, { logger });
    const remove = s.supervisor.on("status", () => {
      throw new Error("listener");
    });
    await s.start();
    remove();
    a.fail();
    await s.clock.advance(10);
    const messages = lines
      .filter(({ level }) => level === "error")
      .map(({ data, message }) => `${data.path} ${message}`);
    expect(messages).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^app .*gives up/),
        expect.stringMatching(/^app\/deaf .*still running/),
        expect.stringMatching(/^app\/a .*listener/),
      ]),
    );
    deaf.end(1);
  });

  it("the log is silent about a life without failures", async () => {
    const { lines, logger } = createLog();
    const s = createScenario({ services: [scripted("a").spec] }, { logger });
    await s.start();
    await s.supervisor.restartService("a");
    await s.supervisor.stop();
    expect(lines.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
  });
});

describe("inspect", () => {
  it("inspect receives every actor of the tree, and their events", async () => {
    const events: InspectionEvent[] = [];
    const s = createScenario(
      { services: [scripted("a").spec, { name: "sub", services: [scripted("x").spec] }] },
      { inspect: (event) => void events.push(event) },
    );
    await s.start();
    const ids = new Set(events.map(({ actorRef }) => (actorRef as { id?: string }).id));
    for (const path of ["app", "app/a", "app/sub", "app/sub/x"]) expect(ids).toContain(path);
    expect(new Set(events.map(({ type }) => type))).toContain("@xstate.snapshot");
  });

  it("inspect may be an observer, as XState's own may", async () => {
    const types = new Set<string>();
    const s = createScenario(
      { services: [scripted("a").spec] },
      { inspect: { next: ({ type }) => void types.add(type) } },
    );
    await s.start();
    expect(types).toContain("@xstate.event");
    expect(() => createScenario({ services: [] }, { inspect: {} })).toThrow("an observer with `next`");
  });

  it("a tree gives the same updates with an inspector as without", async () => {
    const stories = await Promise.all(
      [undefined, () => {}].map(async (inspect) => {
        const [a, b] = [
          scripted("a", { restart: { maxRetries: 1 } }),
          scripted("b", { dependsOn: ["a"], startDelayMs: 10 }),
        ];
        const deaf = deafService("deaf", { stopTimeoutMs: 50 }, 1);
        const s = createScenario(
          { strategy: "one-for-all", services: [a.spec, b.spec, deaf.spec] },
          inspect ? { inspect } : {},
        );
        const started = watch(s.supervisor.start());
        await s.clock.advance(10);
        a.fail();
        await s.clock.advance(60_000);
        deaf.end(1);
        await s.supervisor.restartService("b");
        a.fail();
        await s.clock.advance(60_000);
        expect(started.state).toBe("resolved");
        return s.record.updates.map(({ type, path, seq, at, ...rest }) => [type, path, seq, at, JSON.stringify(rest)]);
      }),
    );
    expect(stories[1]).toEqual(stories[0]);
  });
});

describe("the root's actor", () => {
  it("the root's actor can be subscribed to and asked for snapshots, like any other", async () => {
    const s = createScenario({ services: [scripted("a").spec] });
    const values: unknown[] = [];
    const subscription = s.supervisor.actor.subscribe((snapshot: { value: unknown }) => values.push(snapshot.value));
    await s.start();
    await s.supervisor.stop();
    subscription.unsubscribe();
    expect(values.length).toBeGreaterThan(2);
    expect(s.supervisor.actor.getSnapshot().status).toBe("active");
  });
});
