// Viewers that are slow, broken or many: none of them costs the tree anything that grows.

import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Recorder } from "../../src/inspector/record/recorder.ts";
import { Viewers } from "../../src/inspector/serve/viewers.ts";
import { createScenario, scripted } from "../support/scenario.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "clearTimeout", "clearInterval", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A response whose reader takes as much as the test says. */
class Response extends EventEmitter {
  status = 0;
  writes: string[] = [];
  writableLength = 0;
  isDestroyed = false;
  isReading = true;
  breaks = false;

  writeHead(status: number): void {
    this.status = status;
  }
  write(text: string): void {
    if (this.breaks) throw new Error("broken");
    this.writes.push(text);
    if (!this.isReading) this.writableLength += text.length;
  }
  end(text: string): void {
    this.writes.push(text);
  }
  destroy(): void {
    this.isDestroyed = true;
    this.emit("close");
  }
  read(): void {
    this.isReading = true;
    this.writableLength = 0;
  }
  get events(): string[] {
    return this.writes.flatMap((text) => /event: (\w+)/.exec(text)?.[1] ?? []);
  }
}

const created: Viewers[] = [];
afterEach(() => {
  for (const viewers of created.splice(0)) void viewers.close();
});

async function createWatched(limit = 32) {
  const worker = scripted("worker");
  const scenario = createScenario({ services: [worker.spec] });
  const recorder = new Recorder(scenario.supervisor, { historySize: 200, messages: true, include: new Set() });
  await scenario.start();
  const viewers = new Viewers(recorder, limit);
  created.push(viewers);
  const add = (headers: Record<string, string> = {}) => {
    const response = new Response();
    const req = { headers, socket: { setNoDelay() {} } } as unknown as IncomingMessage;
    viewers.add(req, response as unknown as ServerResponse);
    return response;
  };
  /** Restarts a service that many times: several facts each. */
  const stir = async (times: number) => {
    for (let i = 0; i < times; i++) await scenario.supervisor.restartService("worker");
  };
  return { ...scenario, recorder, viewers, add, stir };
}

describe("a viewer", () => {
  it("is sent the tree at once, though others wait for their next batch", async () => {
    const { add, stir } = await createWatched();
    add();
    vi.advanceTimersByTime(10);
    await stir(1);
    const late = add();
    vi.advanceTimersByTime(1);
    expect(late.events[0]).toBe("snapshot");
  });

  it("is sent first what it shows, and the facts once that had time to be drawn", async () => {
    const { add, stir } = await createWatched();
    await stir(2);
    const viewer = add();
    vi.advanceTimersByTime(20);
    expect(viewer.events).toEqual(["snapshot", "charts"]);
    await stir(1);
    vi.advanceTimersByTime(20);
    expect(viewer.events).toHaveLength(2);
    vi.advanceTimersByTime(600);
    expect(viewer.events.slice(2)).toEqual(["base", "entries"]);
  });

  it("is sent the facts of a busy tree with a full history, and what it shows only once", async () => {
    const { add, stir, recorder } = await createWatched();
    await stir(100);
    const { ring } = recorder;
    const [viewer, first] = [add(), ring.base.n];
    for (let i = 0; i < 40; i++) {
      vi.advanceTimersByTime(20);
      await stir(1);
    }
    expect(ring.base.n).toBeGreaterThan(first);
    expect(viewer.events.filter((name) => name === "snapshot")).toHaveLength(1);
    expect(viewer.events.slice(0, 4)).toEqual(["snapshot", "charts", "base", "entries"]);
  });

  it("is sent what happens in batches, not fact by fact", async () => {
    const { add, stir } = await createWatched();
    const viewer = add();
    vi.advanceTimersByTime(600);
    const before = viewer.writes.length;
    await stir(10);
    expect(viewer.writes.length).toBe(before);
    vi.advanceTimersByTime(60);
    expect(viewer.writes.length).toBe(before + 1);
  });

  it("that does not read is sent nothing more, and then begins anew", async () => {
    const { add, stir } = await createWatched();
    const viewer = add();
    vi.advanceTimersByTime(10);
    viewer.isReading = false;
    viewer.writableLength = 2_000_000;
    const before = viewer.writes.length;
    await stir(300);
    vi.advanceTimersByTime(5_000);
    expect(viewer.writes.length).toBe(before);
    viewer.read();
    vi.advanceTimersByTime(1_500);
    expect(viewer.events.slice(-4)).toEqual(["snapshot", "charts", "base", "entries"]);
  });

  it("that does not read for half a minute is let go", async () => {
    const { add, viewers } = await createWatched();
    const viewer = add();
    viewer.writableLength = 2_000_000;
    vi.advanceTimersByTime(40_000);
    expect([viewer.isDestroyed, viewers.size]).toEqual([true, 0]);
  });

  it("that breaks is let go, and the others and the tree go on", async () => {
    const { add, stir, viewers, supervisor } = await createWatched();
    const [broken, whole] = [add(), add()];
    vi.advanceTimersByTime(600);
    broken.breaks = true;
    await stir(3);
    vi.advanceTimersByTime(60);
    expect([broken.isDestroyed, viewers.size]).toEqual([true, 1]);
    expect(whole.events.at(-1)).toBe("entries");
    expect(supervisor.status("worker").incarnation).toBe(4);
  });

  it("of more than are allowed is refused", async () => {
    const { add } = await createWatched(2);
    expect([add().status, add().status, add().status]).toEqual([200, 200, 503]);
  });

  it("hears a sign of life when nothing happens", async () => {
    const { add } = await createWatched();
    const viewer = add();
    vi.advanceTimersByTime(12_000);
    expect(viewer.writes.at(-1)).toBe(": alive\n\n");
  });

  it("that comes back to its position is sent what was added and removed meanwhile", async () => {
    const { add, supervisor } = await createWatched();
    const first = add();
    vi.advanceTimersByTime(600);
    const [, id] = /id: (\S+)/.exec(first.writes.join(""))!;
    first.destroy();
    await supervisor.addService(scripted("cache").spec);
    vi.advanceTimersByTime(2_000);
    const second = add({ "last-event-id": id! });
    vi.advanceTimersByTime(10);
    expect(second.events).toEqual(["tree", "charts", "entries"]);
    expect(second.writes.join("")).toContain("app/cache");
  });

  it("shares the text of a batch with those at the same place", async () => {
    const { add, stir, recorder } = await createWatched();
    const [one, two] = [add(), add()];
    vi.advanceTimersByTime(600);
    await stir(2);
    const read = vi.spyOn(recorder.ring, "after");
    vi.advanceTimersByTime(60);
    expect(one.writes.at(-1)).toBe(two.writes.at(-1));
    expect(read).toHaveBeenCalledTimes(1);
  });
});

describe("without a viewer", () => {
  it("no timer is set, whatever happens", async () => {
    const { stir, add } = await createWatched();
    await stir(5);
    expect(vi.getTimerCount()).toBe(0);
    const viewer = add();
    vi.advanceTimersByTime(100);
    viewer.destroy();
    vi.advanceTimersByTime(100);
    await stir(5);
    expect(vi.getTimerCount()).toBe(0);
  });
});
