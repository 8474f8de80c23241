// A worker thread as a service.

import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { defineWorker, type WorkerSpec } from "../../src/node/index.ts";
import { createTree, fixture, until } from "./support.ts";

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

// Case W13
describe("the start of a worker", () => {
  it("is over when its module has loaded, top-level await included", async () => {
    const { supervisor, log } = thread({ play: "work", loadMs: 300 });
    const started = supervisor.start();
    await until("it is online", () => log.some(({ message }) => message === "worker online"));
    expect(supervisor.status("thread").state).toBe("starting");
    await started;
    expect(supervisor.status("thread").state).toBe("running");
  });

  it.for<[what: string, spec: Partial<WorkerSpec>, exit: RegExp]>([
    [
      "an import of its module is missing",
      { file: new URL("worker-missing-import.mjs", file) },
      /^thread failed Cannot find module .*no-such-module\.mjs' imported from .*worker-missing-import\.mjs$/,
    ],
    ["its module throws", { workerData: { play: "throw" } }, /^thread failed bad worker$/],
    [
      "its module waits for what never comes",
      { workerData: { play: "stuck" } },
      /^thread failed app\/thread: the worker exited with code 13/,
    ],
  ])("fails where %s, and it was never running", async ([, spec, exit]) => {
    const { supervisor, exits, updates, whenEnded } = thread({}, spec);
    await supervisor.start().catch(() => {});
    await whenEnded();
    expect(exits).toEqual([expect.stringMatching(exit)]);
    const states = updates.flatMap((update) => (update.type === "status" ? [`${update.path} ${update.to}`] : []));
    expect(states).not.toContain("app/thread running");
  });

  it("may be that of a CommonJS module, given by its path", async () => {
    const { supervisor, messages } = listening({ file: fixture("worker-common.cjs"), workerData: { a: 1 } });
    await supervisor.start();
    const path = fixture("worker-common.cjs");
    await until("it reports", () => messages.length > 0);
    expect(messages).toEqual([{ data: { a: 1 }, file: path, argv: [path] }]);
  });

  it("gives the thread its data, arguments and environment", async () => {
    const { supervisor, messages } = listening({
      workerData: { play: "facts" },
      argv: ["--fast", 7],
      env: { COLOUR: "red" },
      execArgv: ["--no-warnings"],
    });
    await supervisor.start();
    await until("it reports", () => messages.length > 0);
    expect(messages).toEqual([
      { argv: [fileURLToPath(file), "--fast", "7"], data: { play: "facts" }, env: "red", ea: ["--no-warnings"] },
    ]);
  });

  it("leaves its first message to it", async () => {
    const { supervisor, messages, worker } = listening({ workerData: { play: "told" } });
    await supervisor.start();
    worker()!.postMessage("hello");
    await until("it is told", () => messages.length > 0);
    expect(messages).toEqual([["told", "hello"]]);
  });
});

// Case W13
describe("the output of a worker", () => {
  it("is logged line by line, and handed to onLine", async () => {
    const lines: string[] = [];
    const { supervisor, log } = thread(
      { play: "talk" },
      { onLine: (line, stream) => void lines.push(`${stream} ${line}`) },
    );
    await supervisor.start();
    await until("it has said all", () => lines.includes("stdout four"));
    expect(lines.filter((line) => line.startsWith("stdout"))).toEqual(["stdout one", "stdout three", "stdout four"]);
    expect(lines).toContain("stderr two");
    expect(log).toContainEqual(
      expect.objectContaining({ level: "info", message: "one", stream: "stdout", threadId: expect.any(Number) }),
    );
  });

  it("is in the error of one that exits with a failure", async () => {
    const { supervisor, exits, whenEnded } = thread({ play: "talk", code: 3 });
    await supervisor.start().catch(() => {});
    await whenEnded();
    expect(exits).toEqual(["thread failed app/thread: the worker exited with code 3; it said last: two"]);
  });
});

/** A thread whose messages are kept. */
function listening(spec: Partial<WorkerSpec>) {
  const messages: unknown[] = [];
  let current: Worker | undefined;
  const tree = thread(spec.workerData as object, {
    ...spec,
    health: ({ value }) => {
      current = value;
    },
    onMessage: (message) => messages.push(message),
  });
  return { ...tree, messages, worker: () => current };
}

it("a worker whose onMessage fails goes on, and that is logged", async () => {
  const { supervisor, log } = thread(
    { play: "facts" },
    { onMessage: () => Promise.reject(new Error("bad onMessage")), health: () => {} },
  );
  await supervisor.start();
  await until("it is logged", () => log.some(({ message }) => message.startsWith("onMessage failed")));
  expect(supervisor.status("thread").state).toBe("running");
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

// Case W13
it("a worker inside a blocking call cannot be killed: it is reported as unstopped, and as late when the call is over", async () => {
  const { supervisor, updates, messages } = listening({ workerData: { play: "block" }, stopTimeoutMs: 100 });
  await supervisor.start();
  await until("it blocks", () => messages.includes("blocking"));
  await expect(supervisor.stop()).rejects.toMatchObject({ code: "ERR_STOP_FAILED" });
  expect(supervisor.status("thread")).toMatchObject({ state: "failed", exit: "unstopped" });
  await until("the call is over", () => updates.some(({ type }) => type === "late"), 10_000);
});

describe("defineWorker refuses", () => {
  it.for<[spec: object, message: RegExp]>([
    [{}, /^w: file must be a file URL/],
    [{ file: "./relative.js" }, /file must be a file URL .* or an absolute path; got "\.\/relative\.js"/],
    [{ file, readyOn: "later" }, /readyOn must be one of/],
    [{ file, resourceLimits: 5 }, /resourceLimits must be an object/],
    [{ file, resourceLimits: { maxHeap: 5 } }, /unknown option "maxHeap" of resourceLimits/],
    [{ file, resourceLimits: { stackSizeMb: "4" } }, /resourceLimits.stackSizeMb must be a positive number/],
    [{ file, execArgv: "--no-warnings" }, /execArgv must be an array of strings/],
    [{ file, argv: "x" }, /argv must be an array/],
    [{ file, env: "x" }, /env must be an object/],
    [{ file, onLine: 5 }, /onLine must be a function/],
  ])("%j", ([spec, message]) => {
    expect(() => defineWorker({ name: "w", ...spec } as WorkerSpec)).toThrow(message);
  });
});
