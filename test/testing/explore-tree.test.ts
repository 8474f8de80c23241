// exploreTree finds what is planted, makes it small, and passes trees that are right.

import { describe, expect, it, vi } from "vitest";
import type { ServiceSpec, SupervisorSpec } from "../../src/index.ts";
import { exploreTree, type Fault, type PlannedFault } from "../../src/testing/index.ts";

const every: readonly Fault[] = ["crash", "failStart", "slowStart", "hangStart", "hangStop", "sick", "complete"];

/** A tree of five services of several kinds, all as they should be. */
function makeShop(): SupervisorSpec {
  const loop: ServiceSpec["run"] = async ({ sleep, signal }) => {
    while (!signal.aborted) await sleep(700);
  };
  const restart = { policy: "always", maxRetries: Number.POSITIVE_INFINITY, maxBackoffMs: 5_000 } as const;
  return {
    name: "shop",
    services: [
      {
        name: "data",
        restart,
        services: [
          { name: "database", restart, start: ({ sleep }) => sleep(20), stop: () => {}, readiness: () => true },
          { name: "cache", restart, start: () => new Map(), dependsOn: ["database"] },
        ],
      },
      { name: "queue", restart, run: loop },
      { name: "worker", restart, run: loop, dependsOn: ["data", "queue"] },
      { name: "web", restart, start: () => ({ url: "http://shop" }), dependsOn: ["data"] },
    ],
  };
}

describe("a tree that is as it should be", () => {
  it("lives through every fault, recovers, and stops", async () => {
    const report = await exploreTree(makeShop, { faults: { "*": every }, recoversWithinMs: 60_000 });
    expect(report.story).toBe("Nothing went wrong in 200 lives (seed 1).");
    expect(report).toMatchObject({ ok: true, runs: 200, seed: 1, shrunk: [], script: "" });
    await report.replay();
  });
});

describe("a lease that leaks", () => {
  const make = () => {
    const leases = { open: 0 };
    const spec: SupervisorSpec = {
      name: "app",
      services: [
        {
          name: "lease",
          restart: { maxRetries: 100, maxBackoffMs: 2_000 },
          async start({ sleep }) {
            leases.open++;
            await sleep(500); // the registration takes a while; a stop in between leaks the lease
          },
          stop() {
            leases.open--;
          },
        },
        { name: "other", run: ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)) },
      ],
    };
    return { spec, expose: leases };
  };
  const options = {
    faults: { "*": ["crash", "slowStart"] },
    invariant: ({ expose }: { expose: { open: number } }) => {
      if (expose.open > 1) throw new Error(`${expose.open} leases are open`);
    },
  } as const;

  it("is found with the one fault that it needs", async () => {
    const report = await exploreTree(make, options);
    expect(report.shrunk).toEqual([{ at: expect.any(Number), path: "app/lease", fault: "crash" }]);
    expect(report.shrunk[0]!.at).toBeLessThan(500);
    expect(report.story).toContain("2 leases are open");
    expect(report.story).toContain("FAULT app/lease crashes");
    await expect(report.replay()).rejects.toThrow("2 leases are open");
  });

  it("comes as a script that shows it when it is pasted", async () => {
    const report = await exploreTree(make, options);
    const pasted = new Function("exploreTree", "make", "options", `return (async () => { ${report.script} })()`);
    await expect(pasted(exploreTree, make, options)).rejects.toThrow("2 leases are open");
  });

  it("is found again with the same seed, word for word", async () => {
    const [once, twice] = [await exploreTree(make, options), await exploreTree(make, options)];
    expect(twice.story).toBe(once.story);
  });
});

describe("a message that is lost", () => {
  it("is found", async () => {
    const make = () => {
      const mail = { sent: 0, queue: [] as number[], inHand: 0, done: 0 };
      const spec: SupervisorSpec = {
        name: "app",
        services: [
          {
            name: "sender",
            async run({ sleep }) {
              for (;;) {
                await sleep(400);
                mail.queue.push(mail.sent++);
              }
            },
          },
          {
            name: "worker",
            restart: { maxRetries: 100 },
            async run({ sleep }) {
              mail.inHand = 0; // what the last incarnation had in hand is forgotten
              for (;;) {
                await sleep(100);
                if (mail.queue.shift() === undefined) continue;
                mail.inHand++;
                await sleep(150);
                mail.inHand--;
                mail.done++;
              }
            },
          },
        ],
      };
      return { spec, expose: mail };
    };
    const report = await exploreTree(make, {
      faults: { worker: ["crash"] },
      invariant: ({ expose: { sent, queue, inHand, done } }) => sent === queue.length + inHand + done,
    });
    expect(report.shrunk).toHaveLength(1);
    expect(report.story).toContain("the invariant does not hold");
  });
});

describe("a restart storm", () => {
  it("is found where a failing service never comes to rest", async () => {
    const make = (): SupervisorSpec => ({
      name: "app",
      services: [
        {
          name: "stormy",
          restart: { policy: "always", maxRetries: Number.POSITIVE_INFINITY, initialBackoffMs: 0 },
          run: ({ incarnation, sleep }) => (incarnation === 1 ? sleep(100_000) : Promise.reject(new Error("spoilt"))),
        },
      ],
    });
    const report = await exploreTree(make, { faults: { "*": ["crash"] }, runs: 50 });
    expect(report.shrunk).toEqual([{ at: 0, path: "app/stormy", fault: "crash" }]);
    expect(report.story).toMatch(/does not come to rest/);
  });

  it("is found where a bound on restarts is the invariant", async () => {
    const make = (): SupervisorSpec => ({
      name: "app",
      strategy: "one-for-all",
      services: ["a", "b", "c"].map((name) => ({
        name,
        restart: { maxRetries: 100, initialBackoffMs: 10 },
        run: ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)),
      })),
    });
    const report = await exploreTree(make, {
      faults: { "*": ["crash"] },
      invariant: ({ supervisor }) => supervisor.status().services.reduce((sum, one) => sum + one.restarts, 0) < 6,
    });
    expect(report.shrunk).toHaveLength(2);
  });
});

describe("the end of a life", () => {
  const wrongs: [what: string, service: ServiceSpec, faults: Fault[], message: string][] = [
    [
      "a tree that gives up",
      { name: "a", restart: "never", critical: true, start: () => 1 },
      ["crash"],
      "has not recovered: app has failed",
    ],
    [
      "a stop that fails after a slow start",
      {
        name: "a",
        start: ({ sleep }) => sleep(10),
        stop: (_, { incarnation }) => (incarnation > 1 ? Promise.reject(new Error("twice")) : undefined),
      },
      ["crash"],
      "twice",
    ],
    [
      "a service that ignores its stop once it was restarted",
      {
        name: "a",
        run: ({ incarnation }) => (incarnation === 1 ? undefined : new Promise(() => {})),
        restart: "always",
      },
      ["crash"],
      "still running",
    ],
  ];
  it.each(wrongs)("finds %s", async (_, service, faults, message) => {
    const report = await exploreTree(() => ({ name: "app", services: [service] }), {
      faults: { a: faults },
      recoversWithinMs: 5_000,
      runs: 50,
    });
    expect(report.story).toContain(message);
  });
});

describe("each fault", () => {
  async function statesUnder(spec: ServiceSpec, plan: PlannedFault[], recoversWithinMs?: number) {
    const make = () => ({ name: "app", services: [spec] });
    const report = await exploreTree(make, {
      faults: {},
      plan,
      // Never right, in the end: the story tells what happened.
      invariant: ({ now }) => now < 20_000,
      ...(recoversWithinMs && { recoversWithinMs }),
    });
    return report.story;
  }
  const service: ServiceSpec = {
    name: "a",
    restart: { initialBackoffMs: 1_000, jitter: false },
    startTimeoutMs: 500,
    stopTimeoutMs: 300,
    start: () => 1,
    stop: () => {},
    readiness: { check: () => true, intervalMs: 100, failureThreshold: 1 },
  };
  const path = "app/a";

  it.each<[Fault, PlannedFault[], string[]]>([
    ["crash", [{ at: 10, path, fault: "crash" }], ["app/a is backoff: injected fault: crash, again in 1000 ms"]],
    ["failStart", [{ at: 0, path, fault: "failStart" }], ["app/a is backoff: injected fault: failStart"]],
    ["slowStart", [{ at: 0, path, fault: "slowStart", lastsMs: 100 }], ["100 ms  app/a is running"]],
    ["hangStart", [{ at: 0, path, fault: "hangStart" }], ["500 ms", "not ready within 500 ms"]],
    [
      "hangStop",
      [
        { at: 10, path, fault: "hangStop" },
        { at: 10, path, fault: "crash" },
      ],
      ["310 ms  app/a still runs after its stop deadline"],
    ],
    ["sick", [{ at: 1_000, path, fault: "sick", lastsMs: 1_000 }], ["app/a is unhealthy: injected fault: sick"]],
  ])("%s happens", async (_, plan, told) => {
    const story = await statesUnder(service, plan);
    for (const one of told) expect(story).toContain(one);
  });

  it("complete happens, after an end in good order", async () => {
    const ends: string[] = [];
    const run: ServiceSpec["run"] = async ({ sleep, signal }) => {
      await sleep(60_000).catch(() => {});
      ends.push(String((signal.reason as Error).message));
    };
    const story = await statesUnder({ name: "a", run }, [{ at: 10, path, fault: "complete" }]);
    expect(story).toContain("10 ms  FAULT app/a returns by itself");
    expect(story).toContain("app/a is stopped");
    expect(ends).toContain("injected fault: complete");
  });
});

describe("what it is given", () => {
  const make = () => ({ name: "app", services: [{ name: "api", start: () => 1 }] });

  it.each([
    [{ ap: ["crash"] }, "ERR_UNKNOWN_SERVICE", "known are app/api"],
    [{ api: ["complete"] }, "ERR_INVALID_SPEC", '"complete" needs a service with run'],
    [{ api: ["explode"] }, "ERR_INVALID_SPEC", "got explode"],
    [undefined as never, "ERR_INVALID_SPEC", "faults: expected"],
  ] as [Record<string, Fault[]>, string, string][])("%j is refused", async (faults, code, message) => {
    await expect(exploreTree(make, { faults })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it("a wrong definition is an error of its own", async () => {
    await expect(exploreTree(() => ({ name: "", services: [] }), { faults: {} })).rejects.toMatchObject({
      code: "ERR_INVALID_SPEC",
    });
  });

  it("the user's definitions name services in the handle and in the context", async () => {
    const db: ServiceSpec<number> = { name: "db", start: () => 7 };
    const seen: unknown[] = [];
    const spec: SupervisorSpec = {
      name: "app",
      services: [
        { name: "data", services: [db] },
        { name: "api", dependsOn: ["data"], start: ({ use }) => seen.push(use(db)) },
      ],
    };
    const report = await exploreTree(() => spec, {
      faults: {},
      runs: 1,
      invariant: ({ supervisor }) => supervisor.status().state !== "running" || supervisor.use(db) === 7,
    });
    expect([report.ok, seen]).toEqual([true, [7]]);
  });
});

it("services that use the host's timers live on the simulated time under fake timers", async () => {
  vi.useFakeTimers();
  try {
    const make = () => {
      const ticks = { count: 0 };
      const run: ServiceSpec["run"] = ({ signal }) =>
        new Promise<void>((resolve) => {
          const timer = setInterval(() => ticks.count++, 1_000);
          signal.addEventListener("abort", () => {
            clearInterval(timer);
            resolve();
          });
        });
      return { spec: { name: "app", services: [{ name: "ticker", run }] }, expose: ticks };
    };
    const seen: number[] = [];
    const report = await exploreTree(make, {
      faults: { "*": ["crash"] },
      runs: 5,
      invariant: ({ expose }) => void seen.push(expose.count),
    });
    expect(report.ok).toBe(true);
    expect(Math.max(...seen)).toBeGreaterThan(20);
  } finally {
    vi.useRealTimers();
  }
});
