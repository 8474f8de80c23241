// What the page says is wrong, and the facts of one cause as one thing; without a browser.

import { describe, expect, it } from "vitest";
import type { Supervisor } from "../../src/index.ts";
import { Recorder } from "../../src/inspector/record/recorder.ts";
import type { Recording } from "../../src/inspector/shared/protocol.ts";
import { columnsAround, columnsOf, isTurned, placeOf as placeOfColumn } from "../../src/inspector/ui/model/columns.ts";
import { errorAsMarkdown, placeOf } from "../../src/inspector/ui/model/error-text.ts";
import { History } from "../../src/inspector/ui/model/history.ts";
import { describeIncident } from "../../src/inspector/ui/model/incidents.ts";
import { LogLines } from "../../src/inspector/ui/model/log-lines.ts";
import { nextProblem } from "../../src/inspector/ui/model/moves.ts";
import { countTones, problemsOf } from "../../src/inspector/ui/model/problems.ts";
import {
  afterLabel,
  toBrief,
  toNeed,
  toNext,
  toNextAfter,
  toReason,
  toSentence,
  toWaits,
  toWhy,
} from "../../src/inspector/ui/model/sentence.ts";
import { toneOf } from "../../src/inspector/ui/model/tones.ts";
import { matches, toLines } from "../../src/inspector/ui/model/tree.ts";
import { describeEntry } from "../../src/inspector/ui/model/wording.ts";
import { createScenario, scripted } from "../support/scenario.ts";

/** A text whose numbers may be parted from their units. */
const plain = (text: string) => text.replaceAll("\u00a0", " ");

/** A shop whose gateway is in backoff for 30 s, whose refunds wait for it, and whose workers are one group. */
async function recordShop(then: (shop: Shop) => Promise<void> = async () => {}): Promise<History> {
  const [database, ...workers] = ["database", "worker-1", "worker-2", "worker-3"].map((name) => scripted(name));
  const { supervisor, clock, start } = createScenario({
    services: [
      { ...database!.spec, critical: false, dependsOn: [] },
      {
        name: "payments",
        critical: false,
        services: [
          {
            name: "gateway",
            critical: false,
            restart: { initialBackoffMs: 30_000, maxBackoffMs: 30_000, jitter: false, maxRetries: 5 },
            start() {
              throw Object.assign(new Error("connect ECONNREFUSED 10.0.3.7:8443"), { code: "ECONNREFUSED" });
            },
          },
          { name: "refunds", critical: false, dependsOn: ["gateway"], start: () => 1 },
          { name: "ledger", start: () => 1 },
        ],
      },
      {
        name: "workers",
        strategy: "one-for-all",
        services: workers.map(({ spec }) => ({
          ...spec,
          restart: { initialBackoffMs: 100, maxBackoffMs: 100, jitter: false, maxRetries: Infinity },
        })),
      },
    ],
  });
  return record(supervisor, async () => {
    await start();
    await then({ workers, clock });
  });
}

async function record(supervisor: Supervisor, live: () => Promise<void>): Promise<History> {
  const recorder = new Recorder(supervisor, { historySize: 100_000, messages: true, include: new Set() });
  await live();
  return History.fromRecording(JSON.parse(JSON.stringify(recorder.record())) as Recording);
}

interface Shop {
  readonly workers: readonly ReturnType<typeof scripted>[];
  readonly clock: { advance(ms: number): Promise<void> };
}

function sceneOf(history: History) {
  return { tree: history.model, moment: history.at(null), now: history.now() };
}

function problemOf({ tree, moment }: ReturnType<typeof sceneOf>, path: string) {
  return problemsOf(tree, moment).all.find((one) => one.path === path)!;
}

describe("the problems of a moment", () => {
  it("are the causes first, then what waits for them", async () => {
    const history = await recordShop();
    const { all, causes } = problemsOf(history.model, history.at(null));
    expect(all.map(({ path, tone, root }) => [path, tone, root])).toEqual([
      ["app/payments/gateway", "backoff", null],
      ["app/payments/refunds", "waiting", "app/payments/gateway"],
    ]);
    expect(causes).toBe(1);
    expect(countTones(history.at(null)).get("running")).toBe(5);
  });

  it("say why a service waits apart from what happens next", async () => {
    const scene = sceneOf(await recordShop(({ clock }) => clock.advance(3_000)));
    expect(toWaits("app/payments/refunds", scene)).toBe("waits for gateway");
    const whyOf = (at: typeof scene, path: string) => toWhy(path, problemOf(at, path).root, at, null);
    expect(whyOf(scene, "app/payments/refunds")).toBe("waits for gateway");
    expect(whyOf(scene, "app/payments/gateway")).toBe("connect ECONNREFUSED 10.0.3.7:8443");
    const crashed = sceneOf(
      await recordShop(async ({ workers, clock }) => {
        workers[2]!.fail(new Error("out of memory"));
        await clock.advance(50);
      }),
    );
    expect(whyOf(crashed, "app/workers/worker-1")).toBe("down with worker-3");
    expect(plain(toNextAfter("app/payments/gateway", scene))).toBe("gateway: next attempt in 27 s");
    expect(toNextAfter("app/payments/ledger", scene)).toBe("once ledger is up");
  });

  it("say that a supervisor in backoff brings back what is down in it", async () => {
    const { supervisor, clock, start } = createScenario({
      services: [
        {
          name: "ads",
          critical: false,
          restart: { initialBackoffMs: 10_000, jitter: false },
          services: [
            {
              name: "banner",
              restart: { maxRetries: 0 },
              start() {
                throw new Error("no paint");
              },
            },
            { name: "beside", start: () => 1 },
          ],
        },
        { name: "media", critical: false, dependsOn: ["ads"], start: () => 1 },
      ],
    });
    const scene = sceneOf(
      await record(supervisor, async () => {
        await start();
        await clock.advance(1_000);
      }),
    );
    const next = "ads: next attempt in 9.0 s";
    expect(plain(toNext("app/ads/banner", scene))).toBe(next);
    expect(plain(toNext("app/ads/beside", scene))).toBe(next);
    expect(plain(toNextAfter("app/ads/banner", scene))).toBe(next);
    expect(plain(toSentence("app/ads/banner", scene, null))).toBe(`failed 1.0 s ago; it starts again with ${next}`);
  });

  it("have one cause when a group is down with one of its services", async () => {
    const history = await recordShop(async ({ workers, clock }) => {
      workers[2]!.fail(new Error("out of memory"));
      await clock.advance(10);
    });
    const { all } = problemsOf(history.model, history.at(null));
    expect(all.filter(({ path }) => path.startsWith("app/workers/")).map(({ path, root }) => [path, root])).toEqual([
      ["app/workers/worker-3", null],
      ["app/workers/worker-1", "app/workers/worker-3"],
      ["app/workers/worker-2", "app/workers/worker-3"],
    ]);
  });

  it("have the dependency as their cause when they gave up on it", async () => {
    const { supervisor, start } = createScenario({
      services: [
        {
          name: "bridge",
          critical: false,
          restart: { maxRetries: 0 },
          start() {
            throw new Error("gone");
          },
        },
        { name: "after", critical: false, dependsOn: ["bridge"], start: () => 1 },
      ],
    });
    const scene = sceneOf(await record(supervisor, start));
    const { all, causes } = problemsOf(scene.tree, scene.moment);
    expect([causes, all.map(({ path, root }) => [path, root])]).toEqual([
      1,
      [
        ["app/bridge", null],
        ["app/after", "app/bridge"],
      ],
    ]);
    expect(toReason("app/after", scene, null)).toBe("needs bridge (failed)");
    const row = scene.moment.rows.get("app/after")!;
    expect(toNeed("healthy", false, row, "failed")).toBe("needs healthy · is failed");
    expect(toNeed("healthy", false, { ...row, state: "running" }, "failed")).toBe(
      "is failed (it was healthy at the start, and is not waited for)",
    );
    expect(toNextAfter("app/bridge", scene)).toBe("nothing, until bridge is started by hand");
  });

  it("are gone through from their place, though the selected one is well by now", () => {
    const paths = ["a", "b", "c"];
    expect(nextProblem(paths, "a", null, 1)).toBe(1);
    expect(nextProblem(paths, "a", 0, -1)).toBe(2);
    expect([nextProblem(paths, "other", null, 1), nextProblem(paths, "other", null, -1)]).toEqual([0, 2]);
    // It stood between a and b.
    expect([nextProblem(paths, "gone", 1, 1), nextProblem(paths, "gone", 1, -1)]).toEqual([1, 0]);
    expect([nextProblem(paths, "gone", 9, 1), nextProblem(paths, "gone", 9, -1)]).toEqual([0, 2]);
  });

  it("roll up into the supervisors that they are in", async () => {
    const history = await recordShop(({ clock }) => clock.advance(3_000));
    const scene = sceneOf(history);
    const { culprits } = problemsOf(scene.tree, scene.moment);
    expect(plain(toReason("app/payments", scene, culprits.get("app/payments")!))).toBe(
      "degraded by gateway: in backoff, next attempt in 27 s",
    );
    expect(culprits.get("app")).toBe("app/payments/gateway");
    expect(culprits.has("app/workers")).toBe(false);
  });

  it("make a supervisor unhealthy only if they are critical", async () => {
    const history = await recordShop(async ({ workers, clock }) => {
      workers[2]!.fail(new Error("out of memory"));
      await clock.advance(10);
    });
    const { tree, moment } = sceneOf(history);
    expect(toneOf(moment.rows.get("app"))).toBe("unhealthy");
    const { culprits } = problemsOf(tree, moment);
    expect([culprits.get("app"), culprits.get("app/payments")]).toEqual([
      "app/workers/worker-3",
      "app/payments/gateway",
    ]);
  });

  it("have a reason that is known, or say that it is not", async () => {
    const base = { critical: false, start: () => 1 };
    const { supervisor, start } = createScenario({
      services: [
        { ...base, name: "unready", readiness: () => false },
        { ...base, name: "unwell" },
      ],
    });
    await start();
    const recorder = new Recorder(supervisor, { historySize: 1_000, messages: true, include: new Set() });
    const scene = sceneOf(History.fromRecording(JSON.parse(JSON.stringify(recorder.record())) as Recording));
    const unhealthy = { ...scene.moment.rows.get("app/unwell")!, phase: "unhealthy" as const };
    scene.moment.rows.set("app/unwell", unhealthy);
    expect(toReason("app/unready", scene, null)).toBe("its readiness does not pass");
    expect(toReason("app/unwell", scene, null)).toBe("why is not in this recording");
  });

  it("are told in one sentence with one clock, and what comes next", async () => {
    const scene = sceneOf(await recordShop(({ clock }) => clock.advance(3_000)));
    expect(plain(toSentence("app/payments/gateway", scene, null))).toBe(
      "failed 3.0 s ago; next attempt in 27 s, 4 of 5 retries left",
    );
    expect(plain(toNext("app/payments/gateway", scene))).toBe("next attempt in 27 s");
    expect(toReason("app/payments/gateway", scene, null)).toBe("connect ECONNREFUSED 10.0.3.7:8443");
    expect(plain(toSentence("app/payments/refunds", scene, null))).toBe(
      "waiting for 3.0 s: gateway (in backoff, next attempt in 27 s)",
    );
    expect(toBrief("app/payments/refunds", scene)).toBe("waiting for gateway");
    expect(plain(toSentence("app/payments/ledger", scene, null))).toBe("up for 3.0 s");
    // Behind the label of the state, the state is not said again.
    const behind = (label: string, path: string) => plain(afterLabel(label, toSentence(path, scene, null)));
    expect(behind("waiting", "app/payments/refunds")).toMatch(/^ for 3\.0 s: gateway/);
    expect(behind("degraded", "app/payments")).toBe(" by its services · up for 3.0 s");
    expect(behind("backoff", "app/payments/gateway")).toMatch(/^ · failed 3\.0 s ago/);
    expect(afterLabel("unhealthy", "up for 3 s, not healthy: waits for gateway")).toBe(
      " · up for 3 s: waits for gateway",
    );
  });
});

describe("a search", () => {
  it("finds everything that is shown, and states as whole words", async () => {
    const history = await recordShop();
    const { rows } = history.at(null);
    const find = (query: string) =>
      [...rows.values()].filter((row) => matches(row.path, row, query)).map(({ path }) => path.slice(4));
    expect(find("econnrefused")).toEqual(["payments/gateway"]);
    expect(find("8443")).toEqual(["payments/gateway"]);
    expect(find("degraded")).toEqual(["", "payments"]);
    expect(find("state:backoff")).toEqual(["payments/gateway"]);
    expect(find("healthy worker")).toEqual(["workers", ...[1, 2, 3].map((n) => `workers/worker-${n}`)]);
    expect(find("unhealthy")).toEqual([]);
    expect(find("is:problem")).toEqual(["", "payments", "payments/gateway", "payments/refunds"]);
    expect(toLines(history.model, history.at(null), new Set(), "econn")).toHaveLength(3);
  });
});

describe("an incident", () => {
  it("is a crash with all that restarts with it, from the crash until all are up again", async () => {
    const history = await recordShop(async ({ workers, clock }) => {
      workers[2]!.fail(new Error("out of memory"));
      await clock.advance(5_000);
    });
    const incident = history.incidents.all.find(({ path }) => path === "app/workers/worker-3")!;
    expect(plain(describeIncident(incident, history.model, history.now()))).toBe(
      "worker-3 crashed, 2 siblings restarted, 0.1 s",
    );
    expect([...incident.touched.keys()].map((path) => path.slice(-8))).toEqual(["worker-3", "worker-2", "worker-1"]);
    expect(incident.until! - incident.from).toBe(100);
    const gateway = history.incidents.all.find(({ path }) => path === "app/payments/gateway")!;
    expect(plain(describeIncident(gateway, history.model, history.now()))).toMatch(
      /^gateway crashed.*, going on for 5\.\d s$/,
    );
  });

  it("does not take in what starts beside it, though that depends on what it is in", async () => {
    const { supervisor, start } = createScenario({
      services: [
        {
          name: "search",
          critical: false,
          services: [
            {
              name: "index",
              critical: false,
              restart: { initialBackoffMs: 30_000, jitter: false },
              start() {
                throw new Error("no disk");
              },
            },
          ],
        },
        { name: "shop", start: () => 1, dependsOn: [{ service: "search", condition: "started" }] },
      ],
    });
    const history = await record(supervisor, start);
    const [incident] = history.incidents.all;
    expect([...incident!.touched.keys()]).toEqual(["app/search/index"]);
  });

  it("is one line of the log, until it is unfolded; and no health is said twice", async () => {
    const history = await recordShop(async ({ workers, clock }) => {
      workers[2]!.fail(new Error("out of memory"));
      await clock.advance(5_000);
    });
    const lines = (isGrouped: boolean, open = new Set<number>()) =>
      new LogLines().update(history, {
        key: [],
        isGrouped,
        open,
        fits: ({ kind, path }) => kind !== "message" && kind !== "step" && path.startsWith("app/workers"),
      });
    const [single, grouped] = [lines(false), lines(true)];
    const cause = grouped.find(({ kind }) => kind === "incident")!;
    expect(grouped.length).toBeLessThan(single.length - 8);
    expect(lines(true, new Set([cause.n])).length).toBe(single.length + 1);
    const texts = single.flatMap((line) =>
      line.kind === "fact" ? [`${line.entry.path} ${describeEntry(line.entry)}`] : [],
    );
    expect(texts.filter((text) => /^app\/workers (running|health:|ready again)/.test(text)).length).toBeLessThanOrEqual(
      2,
    );
    expect(texts.some((text) => text.includes("stopped; stopped"))).toBe(false);
  });

  it("counts the same error once, whatever numbers are in it", async () => {
    const history = await recordShop(async ({ workers, clock }) => {
      for (let i = 0; i < 4; i++) {
        workers[0]!.fail(new Error(`job ${i} failed`));
        await clock.advance(1_000);
      }
    });
    const groupsAt = (n: number | null) =>
      history.errorsAt(n).map(({ error, count, paths }) => [error.message, count, [...paths]]);
    const groups = groupsAt(null);
    expect(groups[0]).toEqual(["job 3 failed", 4, ["app/workers/worker-1"]]);
    // At a moment of the past, those until then.
    expect(groupsAt(history.failures[1]!)).toContainEqual(["job 0 failed", 1, ["app/workers/worker-1"]]);
    expect(history.failureFrom(history.head + 1, -1)).toBe(history.failures.at(-1));
    expect(history.failureFrom(history.failures[0]!, 1)).toBe(history.failures[1]);
  });

  it("can be exported by itself, and opened again", async () => {
    const history = await recordShop(async ({ workers, clock }) => {
      await clock.advance(2_000);
      workers[2]!.fail(new Error("out of memory"));
      await clock.advance(5_000);
    });
    const incident = history.incidents.all.at(-1)!;
    const range = { from: incident.n - 1, to: incident.last };
    const again = History.fromRecording(JSON.parse(JSON.stringify(history.toRecording(range))));
    expect(again.entries.length).toBe(range.to - range.from);
    expect(again.at(again.first).rows.get("app/workers/worker-3")!.state).toBe("running");
    expect(again.at(null)).toEqual(history.at(incident.last));
  });
});

describe("the columns of the sequence", () => {
  it("are those that take part in the shown lines, and stay while they can", async () => {
    const history = await recordShop(async ({ workers, clock }) => {
      workers[2]!.fail(new Error("out of memory"));
      await clock.advance(5_000);
    });
    const crash = history.entry(history.incidents.all.at(-1)!.n)!;
    const rules = { most: 14, among: null };
    const columns = columnsOf([crash], [], history.model, rules);
    expect(columns).toEqual(["app/workers", "app/workers/worker-3"]);
    expect(columnsOf([crash], ["app", ...columns], history.model, rules)).toEqual(["app", ...columns]);
    expect(columnsOf(history.entries, [], history.model, { ...rules, most: 3 })).toHaveLength(3);
    // Around a service, that service is one of them.
    const among = ["app/database", "app/workers"];
    expect(columnsOf([crash], columns, history.model, { most: 14, among })).toEqual(among);
  });

  it("turn a text to the left where that has the room that it needs", () => {
    const room = [100, 500] as const;
    expect([200, 350, 450].map((x) => isTurned("readiness.passed", x, x, room))).toEqual([false, false, true]);
    // There is too little on both sides: more of it is seen to the right.
    expect(isTurned("a".repeat(100), 250, 250, room)).toBe(false);
  });

  it("of a sender that has none is that of the nearest supervisor around it", () => {
    const places = new Map([
      ["", 0],
      ["app", 1],
      ["app/workers", 2],
    ]);
    expect(placeOfColumn("app/workers/worker-3", places)).toBe(2);
    expect(placeOfColumn("app/payments/gateway", places)).toBe(1);
    expect(placeOfColumn("", places)).toBe(undefined);
  });

  it("around a service are its supervisor, what it depends on and what depends on it", async () => {
    const { model } = await recordShop();
    expect(columnsAround("app/payments/refunds", model)).toContain("app/payments/gateway");
    expect(columnsAround("app/payments/gateway", model).slice(0, 3)).toEqual([
      "app/payments",
      "app/payments/gateway",
      "app/payments/refunds",
    ]);
  });
});

describe("an error", () => {
  it("is text to paste, with its causes", () => {
    const stack = "Error: broken\n    at run (file:///home/me/shop/api.ts:12:5)";
    const error = { name: "Error", message: "broken", code: "EB", stack, cause: { name: "TypeError", message: "why" } };
    expect(errorAsMarkdown("shop/api", error)).toBe(
      "**`shop/api`**: Error (EB): broken\n\n```\nError: broken\n    at run (file:///home/me/shop/api.ts:12:5)\ncaused by:\n  TypeError: why\n```\n",
    );
  });

  it.each([
    ["run (file:///home/me/shop/api.ts:12:5)", "/home/me/shop/api.ts:12:5"],
    ["/home/me/api.js:3:1", "/home/me/api.js:3:1"],
    ["process.processTicks (node:internal/process:5:9)", null],
  ])("knows the file of %s", (frame, place) => expect(placeOf(frame)).toBe(place));
});

it("the tone of a supervisor is the worse of what it is as a service and the health of its services", () => {
  const row = { state: "running", phase: "healthy", health: "degraded" } as const;
  expect(toneOf(row)).toBe("degraded");
  expect(toneOf({ ...row, phase: "unhealthy", health: "healthy" })).toBe("unhealthy");
  expect(toneOf({ ...row, phase: "healthy", health: "healthy" })).toBe("running");
});
