// viewers.ts: the pages that watch, each over one stream of server-sent events. Longer than other files: all of it reads and
// writes the position of a viewer.
//
// A viewer has a position in the ring and no queue. A slow viewer is skipped until it has read what it was sent, and is
// sent a new snapshot if the ring has left its position behind. Facts go out in batches, some twenty a second, and long
// histories piece by piece, so that the program can do its own work in between.

import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TreeDescription } from "../../index.ts";
import type { Recorder } from "../record/recorder.ts";
import { toState } from "../shared/history.ts";
import { type PackedTree, packState, packTree } from "../shared/packed.ts";
import type { Events } from "../shared/protocol.ts";
import { safeHeaders } from "./access.ts";

const batchEveryMs = 50;
const batchSize = 1_000;
/**
 * How long the facts wait for a page's first picture: they take the processors that it needs. With 1,000 services and much
 * other work a page took 1.58 s of processor time until it was painted with 100 ms, 1.38 s with 400, 1.14 s with 800.
 */
const calmMs = 500;
/** A viewer with more than this many unread bytes is skipped. */
const unreadBytes = 1_000_000;
/** A viewer that reads nothing for this long is disconnected. */
const patienceMs = 30_000;
const heartbeatEveryMs = 10_000;
const sweepEveryMs = 1_000;
/** How long viewers may take to read the rest when the inspector is closed. */
const farewellMs = 500;

interface Viewer {
  readonly res: ServerResponse;
  readonly charts: Set<string>;
  /** The number of the last entry that it was sent; null: it has no moment to go on from. */
  cursor: number | null;
  /** It was sent what it shows, and not yet the moment before the facts. */
  isShown: boolean;
  sentAt: number;
  /** It is sent no facts before. */
  calmUntil: number;
  blockedSince: number | null;
  /** Services were added or removed since the viewer was sent the tree. */
  isTreeStale: boolean;
}

export class Viewers {
  readonly #recorder: Recorder;
  readonly #viewers = new Set<Viewer>();
  readonly #limit: number;
  /** Identifies this server: the ids of an earlier one mean nothing here. */
  readonly #run = randomBytes(6).toString("base64url");
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;
  #packed: { readonly tree: TreeDescription; readonly packed: PackedTree } | null = null;
  #sweeper: NodeJS.Timeout | null = null;

  constructor(recorder: Recorder, limit: number) {
    this.#recorder = recorder;
    this.#limit = limit;
    recorder.onFact = () => {
      if (this.#timer === null && this.#viewers.size > 0) this.#plan(batchEveryMs);
    };
  }

  get size(): number {
    return this.#viewers.size;
  }

  add(req: IncomingMessage, res: ServerResponse): void {
    if (this.#isClosed) return void res.destroy();
    if (this.#viewers.size >= this.#limit) {
      res.writeHead(503, { ...safeHeaders, "content-type": "text/plain; charset=utf-8" });
      res.end(`There are ${this.#limit} viewers already; close one of them.\n`);
      return;
    }
    res.writeHead(200, {
      ...safeHeaders,
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    req.socket.setNoDelay(true);
    const cursor = this.#cursorOf(req.headers["last-event-id"]);
    const viewer: Viewer = {
      res,
      charts: new Set(),
      cursor,
      isShown: false,
      sentAt: performance.now(),
      calmUntil: 0,
      blockedSince: null,
      isTreeStale: true,
    };
    this.#viewers.add(viewer);
    const leave = () => this.#remove(viewer);
    res.on("close", leave).on("error", leave);
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepEveryMs).unref();
    // A comment, so that the page knows that it is connected.
    res.write(": statevisor\nretry: 1000\n\n");
    this.#planNow();
  }

  /** Sends the rest, which may be the end of the run, and disconnects all viewers within half a second. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#recorder.onFact = () => {};
    for (let left = this.#recorder.ring.head; left >= 0; left -= batchSize) this.#flush();
    await Promise.all([...this.#viewers].map(({ res }) => farewell(res)));
    for (const viewer of [...this.#viewers]) this.#remove(viewer);
  }

  #remove(viewer: Viewer): void {
    if (!this.#viewers.delete(viewer)) return;
    viewer.res.destroy();
    if (this.#viewers.size > 0) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    this.#timer = null;
    this.#sweeper = null;
  }

  #cursorOf(lastEventId: string | string[] | undefined): number | null {
    const [run, n] = String(lastEventId ?? "").split(":");
    const cursor = Number(n);
    return run === this.#run && Number.isInteger(cursor) ? cursor : null;
  }

  /** A page that was just opened does not wait for the batch of the others. */
  #planNow(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#plan(0);
  }

  #plan(ms: number): void {
    if (this.#timer !== null || this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (!this.#isClosed) this.#flush();
    }, ms).unref();
  }

  #flush(): void {
    if (this.#recorder.isTreeStale) for (const viewer of this.#viewers) viewer.isTreeStale = true;
    this.#recorder.isTreeStale = false;
    const batches = new Map<number, string>();
    let soonest = Number.POSITIVE_INFINITY;
    for (const viewer of [...this.#viewers]) {
      try {
        soonest = Math.min(soonest, this.#bringUp(viewer, batches));
      } catch {
        this.#remove(viewer);
      }
    }
    if (soonest < Number.POSITIVE_INFINITY) this.#plan(soonest);
  }

  /** Returns in how many milliseconds there is more to send. Viewers at the same position share the text of a batch. */
  #bringUp(viewer: Viewer, batches: Map<number, string>): number {
    if (this.#isBlocked(viewer)) return Number.POSITIVE_INFINITY;
    const { ring } = this.#recorder;
    if (viewer.cursor !== null && !ring.holds(viewer.cursor)) viewer.cursor = null;
    if (viewer.cursor === null && !viewer.isShown) this.#sendSnapshot(viewer);
    else if (viewer.isTreeStale) this.#write(viewer, toEvent("tree", { tree: this.#pack(this.#recorder.describe()) }));
    viewer.isTreeStale = false;
    this.#sendCharts(viewer);
    const calmFor = viewer.calmUntil - performance.now();
    if (calmFor > 0 && !this.#isClosed) return calmFor;
    const from = viewer.cursor ?? this.#sendBase(viewer);
    if (from >= ring.head) return Number.POSITIVE_INFINITY;
    const to = Math.min(ring.head, from + batchSize);
    const text = batches.get(from) ?? this.#toBatch(from, to);
    batches.set(from, text);
    this.#write(viewer, text);
    viewer.cursor = to;
    return to < ring.head ? 1 : Number.POSITIVE_INFINITY;
  }

  #toBatch(from: number, to: number): string {
    const data: Events["entries"] = {
      now: this.#recorder.supervisor.now(),
      entries: this.#recorder.ring.after(from, to - from),
    };
    return `id: ${this.#run}:${to}\n${toEvent("entries", data)}`;
  }

  #sendSnapshot(viewer: Viewer): void {
    const { ring, supervisor, wallOffset } = this.#recorder;
    viewer.isShown = true;
    viewer.calmUntil = performance.now() + calmMs;
    viewer.charts.clear();
    const tree = this.#recorder.describe();
    const data: Events["snapshot"] = {
      run: this.#run,
      name: supervisor.name,
      head: ring.head,
      now: supervisor.now(),
      wallOffset,
      tree: this.#pack(tree),
      live: packState(toState(this.#recorder.live), tree),
    };
    this.#write(viewer, toEvent("snapshot", data));
  }

  /**
   * Sends the moment before the first fact, and returns the number of that moment. The facts follow in the same turn: a full
   * ring has left this moment behind with the next fact. It has the id: a page without it has nothing to go on from.
   */
  #sendBase(viewer: Viewer): number {
    const { base } = this.#recorder.ring;
    const data: Events["base"] = { base: packState(toState(base), this.#recorder.describe()) };
    this.#write(viewer, `id: ${this.#run}:${base.n}\n${toEvent("base", data)}`);
    viewer.isShown = false;
    viewer.cursor = base.n;
    return base.n;
  }

  /** Every viewer is sent the same tree. */
  #pack(tree: TreeDescription): PackedTree {
    if (this.#packed?.tree !== tree) this.#packed = { tree, packed: packTree(tree) };
    return this.#packed.packed;
  }

  #sendCharts(viewer: Viewer): void {
    if (viewer.charts.size === this.#recorder.chartCount) return;
    const charts = this.#recorder.chartsBeside(viewer.charts);
    for (const key of Object.keys(charts)) viewer.charts.add(key);
    this.#write(viewer, toEvent("charts", { charts }));
  }

  #isBlocked(viewer: Viewer): boolean {
    if (viewer.res.writableLength <= unreadBytes) {
      viewer.blockedSince = null;
      return false;
    }
    viewer.blockedSince ??= performance.now();
    return true;
  }

  #write(viewer: Viewer, text: string): void {
    viewer.sentAt = performance.now();
    viewer.res.write(text);
  }

  /** Called once a second while there are viewers: sends a sign of life, and disconnects viewers that do not read. */
  #sweep(): void {
    const now = performance.now();
    for (const viewer of [...this.#viewers]) {
      if (this.#isBlocked(viewer)) {
        if (now - viewer.blockedSince! > patienceMs) this.#remove(viewer);
        continue;
      }
      if (now - viewer.sentAt > heartbeatEveryMs) this.#write(viewer, ": alive\n\n");
    }
    this.#plan(0);
  }
}

/** Ends a stream; a viewer that does not read the rest in time loses it. */
function farewell(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    // This timer keeps the process alive, since nothing else may and the promise is awaited.
    const timer = setTimeout(resolve, farewellMs);
    const onEnd = () => {
      clearTimeout(timer);
      resolve();
    };
    res.once("finish", onEnd).once("close", onEnd);
    res.end();
  });
}

function toEvent<Name extends keyof Events>(name: Name, data: Events[Name]): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
