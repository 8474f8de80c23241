// The model of the page, without a browser: its history, its stream, the lines it draws.

import { describe, expect, it, vi } from "vitest";
import { serviceMachine } from "../../machines/index.ts";
import { Recorder } from "../../src/inspector/record/recorder.ts";
import { toChart } from "../../src/inspector/shared/charts.ts";
import { copyMoment, fold, toMoment, toState } from "../../src/inspector/shared/history.ts";
import type { Entry, Recording } from "../../src/inspector/shared/protocol.ts";
import { internalLines, toDrawnEdges } from "../../src/inspector/ui/model/chart-edges.ts";
import { stepOf, takenEdges } from "../../src/inspector/ui/model/chart-steps.ts";
import { placedChart, stepsTo } from "../../src/inspector/ui/model/chart-ways.ts";
import { densityOf, tallOf } from "../../src/inspector/ui/model/density.ts";
import { Filtered, indexAt } from "../../src/inspector/ui/model/filtered.ts";
import { endOfPath, formatBriefly, formatDuration, formatMs } from "../../src/inspector/ui/model/format.ts";
import { leaveBox } from "../../src/inspector/ui/model/geometry.ts";
import { History } from "../../src/inspector/ui/model/history.ts";
import { markPlace } from "../../src/inspector/ui/model/lanes.ts";
import { SseParser } from "../../src/inspector/ui/model/sse.ts";
import { pan, toWindow, zoom } from "../../src/inspector/ui/model/time-window.ts";
import { toLines, toTree } from "../../src/inspector/ui/model/tree.ts";
import { dependantsOf, waitsOf } from "../../src/inspector/ui/model/waiting.ts";
import { createScenario, scripted } from "../support/scenario.ts";

vi.mock("../../src/inspector/ui/model/text-width.ts", () => ({ textWidth: (text: string) => text.length * 7 }));

/** A recording of a worker that fails every second, `times` times. */
async function record(times: number): Promise<Recording> {
  const [worker, api] = [scripted("worker"), scripted("api")];
  const { supervisor, clock, start } = createScenario({
    services: [
      { ...worker.spec, restart: { maxRetries: Infinity, maxBackoffMs: 500, initialBackoffMs: 500 }, critical: false },
      { ...api.spec, dependsOn: ["worker"] },
    ],
  });
  const recorder = new Recorder(supervisor, { historySize: 1_000_000, messages: true, include: new Set() });
  await start();
  for (let i = 0; i < times; i++) {
    worker.fail(new Error(`failure ${i}`));
    await clock.advance(1_000);
  }
  return JSON.parse(JSON.stringify(recorder.record())) as Recording;
}

describe("a history", () => {
  it("knows every moment of itself, in any order of asking", async () => {
    const recording = await record(400);
    const history = History.fromRecording(recording);
    expect(history.head).toBeGreaterThan(2_500);
    const moment = toMoment(recording.base);
    const expected = new Map<number, unknown>();
    for (const entry of recording.entries) {
      fold(moment, entry);
      if (entry.n % 97 === 0) expected.set(entry.n, copyMoment(moment));
    }
    const asked = [...expected.keys()];
    for (const n of [...asked, ...[...asked].reverse()]) expect(history.at(n)).toEqual(expected.get(n));
    expect(history.at(null).n).toBe(history.head);
  });

  it("shows the newest moment at once, goes back once it is whole, and on once the facts are in", async () => {
    const recording = await record(3);
    const { entries, now } = recording;
    const live = toState(History.fromRecording(recording).live);
    const history = new History({ ...recording, base: live }, true);
    expect(toState(history.at(null))).toEqual(live);
    expect([history.isWhole, history.isCaughtUp]).toEqual([false, false]);
    history.precede(recording.base);
    expect([history.isWhole, history.first, toState(history.at(null))]).toEqual([true, recording.base.n, live]);
    history.add(entries.slice(0, 20), now);
    expect([history.head, history.at(null).n]).toEqual([20, live.n]);
    expect(history.at(10).n).toBe(10);
    expect(history.isCaughtUp).toBe(false);
    expect(stepOf(history, history.at(null), "app/worker", "service")).toMatchObject({ before: null, event: "" });
    history.add(entries.slice(20), now);
    expect(toState(history.at(null))).toEqual(live);
    expect(history.isCaughtUp).toBe(true);
    history.add([{ ...entries.at(-1)!, n: live.n + 1 }], now);
    expect(history.at(null).n).toBe(live.n + 1);
  });

  it("stands still while the connection is lost", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const history = new History(await record(1), true);
      const begun = history.now();
      vi.advanceTimersByTime(1_000);
      history.follow(false);
      vi.advanceTimersByTime(5_000);
      history.follow(false);
      expect(history.now()).toBe(begun + 1_000);
      history.follow(true);
      expect(history.now()).toBe(begun + 6_000);
    } finally {
      vi.useRealTimers();
    }
  });

  it("finds the last fact at or before a time", async () => {
    const history = History.fromRecording(await record(5));
    for (const entry of history.entries) {
      const found = history.entry(history.findAt(entry.at))!;
      expect(found.at).toBe(entry.at);
    }
    expect(history.findAt(-1)).toBe(history.first);
    expect(history.findAt(1e9)).toBe(history.head);
  });

  it("stays within its bounds, and knows what is left of it", async () => {
    const recording = await record(10);
    const history = new History(recording, true);
    history.precede(recording.base);
    const fact = (n: number): Entry => ({
      n,
      at: n,
      path: "app/worker",
      kind: "health",
      from: "healthy",
      to: "healthy",
    });
    for (let n = 1; n <= 150_000; n += 1_000) {
      history.add(
        Array.from({ length: 1_000 }, (_, i) => fact(n + i)),
        n,
      );
    }
    expect(history.head).toBe(150_000);
    expect(history.entries.length).toBeLessThanOrEqual(60_000);
    expect(history.at(history.first + 5).n).toBe(history.first + 5);
    expect(history.at(3).n).toBe(history.first);
  });

  it("is the same after it was exported and opened again", async () => {
    const history = History.fromRecording(await record(3));
    const again = History.fromRecording(JSON.parse(JSON.stringify(history.toRecording())));
    expect(again.at(null)).toEqual(history.at(null));
    expect(again.entries).toEqual(history.entries);
  });

  it("marks crashes, and colours lanes by what a service was in", async () => {
    const history = History.fromRecording(await record(2));
    const { segments, marks } = history.lanes.lanes.get("app/worker")!;
    expect(segments.map(({ tone }) => tone)).toEqual([
      ...["stopped", "starting", "running"],
      ...["backoff", "starting", "running"],
      ...["backoff", "starting", "running"],
    ]);
    expect(marks.map(({ kind, text }) => `${kind}: ${text}`)).toEqual(["crash: failure 0", "crash: failure 1"]);
  });
});

describe("the stream's parser", () => {
  const text = ": hello\n\nid: a:1\nevent: entries\ndata: {}\n\nevent: tree\ndata: 1\ndata: 2\n\n";
  const events = [
    { event: "entries", id: "a:1", data: "{}" },
    { event: "tree", id: null, data: "1\n2" },
  ];

  it("finds the events however the text is cut", () => {
    for (let cut = 0; cut <= text.length; cut++) {
      const parser = new SseParser();
      expect([...parser.push(text.slice(0, cut)), ...parser.push(""), ...parser.push(text.slice(cut))]).toEqual(events);
      expect(parser.lastId).toBe("a:1");
    }
    const parser = new SseParser();
    expect([...text].flatMap((sign) => parser.push(sign))).toEqual(events);
  });
});

describe("the layout of a chart", () => {
  it("is made in steps of one level, after which it is at hand for every room", () => {
    const chart = toChart("service", serviceMachine);
    const room = { width: 300, height: 200 };
    expect(placedChart(chart, true, room)).toBeNull();
    const steps = [...stepsTo(chart, true, room)].length;
    const compounds = chart.root.children.filter(({ children }) => children.length > 0).length;
    expect(steps).toBeGreaterThanOrEqual(2 * compounds);
    const placed = placedChart(chart, true, room)!;
    expect(placed.nodes).toHaveLength(
      chart.root.children.reduce(function count(sum, node): number {
        return node.children.reduce(count, sum + 1);
      }, 0),
    );
    expect(placedChart(chart, true, { width: 4_000, height: 3_000 })).not.toBeNull();
    expect([...stepsTo(chart, true, room)]).toEqual([]);
  });
});

describe("the lines of a chart", () => {
  const chart = toChart("service", serviceMachine);
  const drawn = toDrawnEdges(chart);

  it("stand for all transitions that leave a state", () => {
    const meant = drawn.flatMap(({ edges }) => edges).length;
    expect(meant).toBe(chart.edges.filter(({ internal }) => !internal).length);
  });

  it("join what goes into several states of one compound", () => {
    const edge = drawn.find(({ source, target }) => source === "stopped" && target === "starting")!;
    expect(edge.label).toEqual([
      "service.start, service.restart, scheduled: run.due",
      "  [isGated] → waiting",
      "  [isToDelay] → delaying",
      "  → launching",
    ]);
    expect(edge.brief).toBe("service.start +2");
  });

  it("leave what stays inside a state to its box", () => {
    expect(internalLines(chart, "starting.waiting")).toEqual([
      "service.start [isByHand] / clearFailures",
      "service.restart [isByHand] / clearFailures",
    ]);
  });

  it("join states of one level, whatever is inside them", () => {
    const edge = drawn.find(({ source, target }) => source === "starting" && target === "running")!;
    expect(edge.label).toEqual(["launching: unit.ready [hasReadiness] → unhealthy"]);
    for (const { level, source, target } of drawn) {
      const parent = (id: string) => (id.includes(".") ? id.slice(0, id.lastIndexOf(".")) : "");
      // The level itself stands for all states inside of it.
      expect([source === level ? level : parent(source), parent(target)]).toEqual([level, level]);
    }
  });

  it("leave a box where they cross its border", () => {
    expect(leaveBox({ x: 0, y: 0, width: 20, height: 40 }, { x: 0, y: 50 })).toEqual({ x: 0, y: 20 });
    expect(leaveBox({ x: 0, y: 0, width: 20, height: 40 }, { x: 100, y: 0 })).toEqual({ x: 10, y: 0 });
  });

  it("light up that transition by which a service came where it is", async () => {
    const history = History.fromRecording(await record(1));
    const taken = [];
    for (let n = 1; n <= history.head; n++) {
      const entry = history.entry(n)!;
      if (entry.path !== "app/worker" || entry.kind !== "status") continue;
      const step = stepOf(history, history.at(n), "app/worker", "service")!;
      taken.push([...takenEdges(chart.edges, step)].map(({ label, target }) => `${label} -> ${target}`));
    }
    expect(taken).toEqual([
      ["service.start -> starting.launching"],
      ["unit.ready -> running"],
      ["unit.ended -> judging", "always -> backoff.counting"],
      ["after backoff -> starting.launching"],
      ["unit.ready -> running"],
    ]);
  });
});

describe("the tree", () => {
  it("shows what is found, and what that is in", async () => {
    const recording = await record(1);
    const history = History.fromRecording(recording);
    const find = (query: string) =>
      toLines(toTree(recording.tree), history.live, new Set(), query).map(({ node }) => node.path);
    expect(find("")).toEqual(["app", "app/worker", "app/api"]);
    expect(find("WORK")).toEqual(["app", "app/worker"]);
    expect(find("failure 0")).toEqual(["app", "app/worker"]);
    expect(find("nothing at all")).toEqual([]);
  });

  it("knows at every moment what waits for what", async () => {
    const recording = await record(1);
    const history = History.fromRecording(recording);
    const tree = toTree(recording.tree);
    const crash = history.entries.find((entry) => entry.kind === "status" && entry.to === "backoff")!;
    const isMet = (n: number | null) => waitsOf("app/api", tree, history.at(n)).map((wait) => wait.isMet);
    expect([isMet(crash.n - 1), isMet(crash.n), isMet(null)]).toEqual([[true], [false], [true]]);
    expect(dependantsOf("app/worker", tree)).toEqual(["app/api"]);
  });
});

describe("a filter", () => {
  it("looks at each fact once while its question stays the same", async () => {
    const recording = await record(3);
    const history = new History(recording, true);
    history.precede(recording.base);
    const filtered = new Filtered();
    let looks = 0;
    const update = () =>
      filtered.update(history, ["crashes"], (entry) => {
        looks++;
        return entry.kind === "status" && entry.to === "backoff";
      });
    history.add(recording.entries.slice(0, 20), 0);
    update();
    history.add(recording.entries.slice(20), 0);
    const entries = update();
    expect([entries.length, looks]).toEqual([3, recording.entries.length]);
    expect(indexAt(entries, entries[1]!.n)).toBe(1);
    expect(indexAt(entries, entries[1]!.n - 1)).toBe(0);
  });
});

describe("durations", () => {
  it("are as exact as one wants to read", () => {
    const given = [0, 349, 12_400, 250_000, 7_500_000, 273_600_000];
    const durations = ["0.0~s", "0.3~s", "12~s", "4~min 10~s", "2~h 5~min", "3~d 4~h"];
    // A number and its unit are not parted at the end of a line.
    const bound = (texts: string[]) => texts.map((text) => text.replaceAll("~", "\u00a0"));
    expect(given.map(formatDuration)).toEqual(bound(durations));
    expect([5, 1_500, 120_000].map(formatMs)).toEqual(bound(["5~ms", "1.5~s", "2~min"]));
  });

  it("fit a narrow column, however long they are", () => {
    expect([0, 59_999, 999_000, 7_200_000, 1e9].map(formatBriefly)).toEqual(["0s", "59s", "16m", "2h", "11d"]);
  });
});

describe("a path", () => {
  it("keeps its last names where it is long", () => {
    expect(endOfPath("app/data/database")).toBe("data/database");
    expect(endOfPath("app/level-3/level-2/level-1/leaf", 18)).toBe("…/level-1/leaf");
    expect(endOfPath(`app/group/${"a".repeat(60)}`)).toBe(`…/${"a".repeat(60)}`);
  });
});

describe("a mark of a lane", () => {
  it("is seen whole at the edges of the lane", () => {
    expect([-3, 0, 50, 100].map((x) => markPlace(x, 100, false))).toEqual([7, 7, 50, 93]);
    expect(markPlace(3, 4, false)).toBe(7);
  });
});

describe("the line of the whole history", () => {
  it("shows how many failures there were, where there is no room for a mark each", async () => {
    const { entries, begin, head } = History.fromRecording(await record(50));
    const span = entries.at(-1)!.at - begin;
    const { facts, failures } = densityOf(entries, begin, span, 5);
    expect(facts.reduce((sum, count) => sum + count)).toBe(head);
    expect(failures.reduce((sum, count) => sum + count)).toBe(50);
    expect(Math.max(...failures) - Math.min(...failures)).toBeLessThanOrEqual(1);
    const heights = [0, 1, 10, 100].map((count) => tallOf(count, 100, 2, 7));
    expect(heights[0]).toBe(0);
    expect(heights[3]).toBe(9);
    for (const [lower, higher] of [
      [1, 2],
      [2, 3],
    ] as const)
      expect(heights[higher]! - heights[lower]!).toBeGreaterThan(2);
  });
});

describe("the window of the timeline", () => {
  const extent = { begin: 0, now: 100_000, cursor: null };

  it("follows what comes, and shows no more than there is", () => {
    expect(toWindow({ span: 60_000, end: null }, extent)).toEqual({ from: 40_000, to: 100_000, span: 60_000 });
    expect(toWindow({ span: null, end: null }, extent)).toEqual({ from: 0, to: 100_000, span: 100_000 });
    expect(toWindow({ span: 600_000, end: null }, extent).span).toBe(100_000);
  });

  it("makes way for the moment that the page shows", () => {
    const { from, to } = toWindow({ span: 10_000, end: null }, { ...extent, cursor: 20_000 });
    expect([from <= 20_000, to >= 20_000]).toEqual([true, true]);
  });

  it("zooms around a point, and follows again at the right edge", () => {
    const shown = toWindow({ span: 40_000, end: 60_000 }, extent);
    expect(zoom(shown, extent, 0.5, 0.5)).toEqual({ span: 20_000, end: 50_000 });
    expect(zoom(shown, extent, 10, 1).span).toBe(100_000);
    expect(pan(shown, extent, 50_000)).toBeNull();
    expect(pan(shown, extent, -50_000)).toBe(40_000);
  });
});
