// A worker thread as a service.

import type { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { defineWorker, type WorkerSpec } from "../../src/node/index.ts";
import { createTree, until } from "./support.ts";

const file = new URL("../fixtures/node/worker.mjs", import.meta.url);

function thread(workerData: object, spec: Partial<WorkerSpec> = {}) {
  const tree = createTree(
    defineWorker({ file, workerData, restart: "never", critical: true, ...spec, name: "thread" }),
  );
  return { ...tree, whenEnded: () => until("it ends", () => tree.exits.length > 0) };
}

describe("a worker", () => {
  it("is up once it runs, hands out the Worker, and is gone after the stop", async () => {
    let worker: Worker | undefined;
    const { supervisor, exits } = thread(
      { play: "work" },
      {
        health: ({ value }) => {
          worker = value;
        },
      },
    );
    await supervisor.start();
    expect(worker!.threadId).toBeGreaterThan(0);
    await supervisor.stop();
    expect([worker!.threadId, exits]).toEqual([-1, ["thread stopped"]]);
  });

  it('is up when it posts "ready", where it is asked to', async () => {
    const { supervisor, log } = thread({ play: "ready" }, { readyOn: "signal" });
    const started = supervisor.start();
    await until("it runs", () => log.some(({ message }) => message === "worker online"));
    expect(supervisor.status("thread").state).toBe("starting");
    await started;
    expect(supervisor.status("thread").state).toBe("running");
  });
});

describe("the end of a worker", () => {
  it.for<[what: string, data: object, spec: Partial<WorkerSpec>, exit: RegExp]>([
    ["with nothing left to do is completed", { play: "end" }, {}, /^thread completed$/],
    ["with exit code 0 is completed", { play: "exit", code: 0 }, {}, /^thread completed$/],
    [
      "with another exit code is a failure",
      { play: "exit", code: 3 },
      {},
      /^thread failed app\/thread: the worker exited with code 3$/,
    ],
    ["by an uncaught error is a failure with that error", { play: "throw" }, {}, /^thread failed bad worker$/],
    ["by an unhandled rejection is a failure with that error", { play: "reject" }, {}, /^thread failed bad promise$/],
    [
      "by resourceLimits is a failure",
      { play: "hog" },
      { resourceLimits: { maxOldGenerationSizeMb: 16 } },
      /^thread failed .*memory/,
    ],
  ])("%s", async ([, data, spec, exit]) => {
    const { supervisor, exits, updates, whenEnded } = thread(data, spec);
    await supervisor.start().catch(() => {});
    await whenEnded();
    expect(exits).toEqual([expect.stringMatching(exit)]);
    if (data && "play" in data && data.play === "hog") {
      expect(updates).toContainEqual(
        expect.objectContaining({
          exit: expect.objectContaining({ error: expect.objectContaining({ code: "ERR_WORKER_OUT_OF_MEMORY" }) }),
        }),
      );
    }
  });

  it("whose file is missing is a failure", async () => {
    const { supervisor, exits, whenEnded } = thread({}, { file: new URL("none.mjs", file) });
    await supervisor.start().catch(() => {});
    await whenEnded();
    expect(exits[0]).toMatch(/^thread failed Cannot find module .*none\.mjs/);
  });

  it("is followed by a restart, with a thread of its own", async () => {
    const seen = new Set<Worker>();
    const { supervisor } = thread(
      { play: "exit", code: 1 },
      { restart: { initialBackoffMs: 1, maxRetries: 3 }, health: ({ value }) => void seen.add(value) },
    );
    await supervisor.start().catch(() => {});
    expect((await supervisor.exit).kind).toBe("failed");
    expect(supervisor.status("thread").incarnation).toBe(4);
  });

  it("by a lost heartbeat is found, even in an endless loop, and terminated", async () => {
    const { supervisor, exits, whenEnded } = thread({ play: "beat-then-loop" }, { watchdogMs: 300, stopTimeoutMs: 50 });
    await supervisor.start();
    await whenEnded();
    expect(exits[0]).toMatch(/^thread failed app\/thread: no heartbeat/);
  });
});

describe("the stop of a worker", () => {
  it.for<[what: string, data: object, spec: Partial<WorkerSpec>]>([
    ["sends the stopMessage", { play: "work", stop: "please" }, { stopMessage: "please", stopTimeoutMs: Infinity }],
    ["ends as stopped whatever the exit code", { play: "work", code: 5 }, { stopTimeoutMs: Infinity }],
    ["terminates at once where stopMessage is null", { play: "deaf" }, { stopMessage: null, stopTimeoutMs: Infinity }],
    [
      "terminates one that cannot be sent its message",
      { play: "deaf" },
      { stopMessage: () => {}, stopTimeoutMs: Infinity },
    ],
    ["terminates one that does not listen, at the deadline", { play: "deaf" }, { stopTimeoutMs: 50 }],
    ["terminates one in an endless loop, at the deadline", { play: "loop" }, { stopTimeoutMs: 50 }],
  ])("%s", async ([, data, spec]) => {
    const { supervisor, exits, updates } = thread(data, spec);
    await supervisor.start();
    await supervisor.stop();
    expect(exits).toEqual(["thread stopped"]);
    expect(updates.filter(({ type }) => type === "unstopped")).toEqual([]);
  });
});

describe("defineWorker refuses", () => {
  it.for<[spec: object, message: RegExp]>([
    [{}, /^w: file must be a file URL/],
    [{ file: "./relative.js" }, /file must be a file URL .* or an absolute path; got "\.\/relative\.js"/],
    [{ file, readyOn: "later" }, /readyOn must be one of/],
    [{ file, resourceLimits: 5 }, /resourceLimits must be an object/],
  ])("%j", ([spec, message]) => {
    expect(() => defineWorker({ name: "w", ...spec } as WorkerSpec)).toThrow(message);
  });
});
