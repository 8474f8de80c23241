// Code that starts what has failed again and again, in a loop of promises that never leaves the turn of the event loop.
// On the host's own clock and timers, which are the point.

import { expect, it } from "vitest";
import { createSupervisor, type ServiceSpec } from "../../src/index.ts";
import { createScenario, scripted } from "../support/scenario.ts";

/** More starts than this without a turn of the event loop in between are a loop without end. */
const tooMany = 2_000;

/** A tree with a service that fails at once. Its starts are counted; it fails no more when they are too many. */
function createFailing(spec: Partial<ServiceSpec> = {}) {
  const bad = {
    name: "bad",
    restart: "never",
    start: () => {
      if (++failing.starts < tooMany) throw new Error("no");
    },
    ...spec,
  } as ServiceSpec;
  const hold: ServiceSpec = { name: "hold", start: () => {} };
  const failing = { starts: 0, bad, supervisor: createSupervisor({ name: "app", services: [bad, hold] }) };
  return failing;
}

type Failing = ReturnType<typeof createFailing>;

const quietly = (promise: Promise<unknown>) => promise.catch(() => {});

const loops: [what: string, begin: (failing: Failing) => unknown, spec?: Partial<ServiceSpec>][] = [
  [
    "a reader of the updates that starts what has failed",
    async ({ supervisor }) => {
      for await (const update of supervisor.updates()) {
        if (update.type === "status" && update.to === "failed") await quietly(supervisor.startService("bad"));
      }
    },
  ],
  [
    "a listener that starts it after an await",
    ({ supervisor }) =>
      supervisor.on("status", async ({ to }) => {
        await null;
        if (to === "failed") await quietly(supervisor.restartService("bad"));
      }),
  ],
  [
    "a loop that adds it again",
    async (failing) => {
      const more = { ...failing.bad, name: "more" };
      while (failing.starts < tooMany) await quietly(failing.supervisor.addService(more));
    },
  ],
  [
    "a loop that starts the tree again",
    async (failing) => {
      while (failing.starts < tooMany) await quietly(failing.supervisor.start());
    },
    { critical: true },
  ],
  [
    "a loop that adds what waits for it in vain",
    async (failing) => {
      const hopeless: ServiceSpec = { name: "hopeless", dependsOn: ["bad"], run: () => {} };
      while (failing.starts++ < tooMany) await quietly(failing.supervisor.addService(hopeless));
    },
  ],
];

it.each(loops)("timers have their turn in %s", async (_, begin, spec) => {
  const failing = createFailing(spec);
  const { supervisor } = failing;
  const isEndless = spec?.critical ?? false;
  let turns = 0;
  const turn = new Promise<void>((resolve) => {
    const count = () => {
      if (++turns === 3) resolve();
      else setTimeout(count, 0);
    };
    setTimeout(count, 0);
  });
  const began = isEndless ? undefined : quietly(supervisor.start());
  void begin(failing);
  // What has failed before somebody listened fails once more.
  await began;
  void quietly(supervisor.restartService("bad"));
  await turn;
  expect(failing.starts).toBeGreaterThan(100);
  expect(failing.starts).toBeLessThan(tooMany);
  failing.starts = tooMany;
  await supervisor.stop();
});

it("what runs may be restarted by hand as often as one likes while a simulated clock stands still", async () => {
  const a = scripted("a");
  const s = createScenario({ services: [a.spec] });
  await s.start();
  for (let n = 0; n < 300; n++) await s.supervisor.restartService("a");
  expect(a.starts).toBe(301);
});

it("ends of other turns do not count: a service that has failed often is started at once", async () => {
  const a = scripted("a", { restart: "never", critical: false });
  const s = createScenario({ services: [a.spec] });
  await s.start();
  for (let n = 0; n < 150; n++) {
    a.fail();
    await s.clock.advance(1);
    await s.supervisor.startService("a");
  }
  expect(a.starts).toBe(151);
});
