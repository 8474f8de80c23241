// Five services, each as it should be and with two bugs: the lifecycle kit finds each bug, names it, and says which line
// made it; and it finds nothing in the others, beside a test that opens things of its own.

import { EventEmitter, once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import type { ServiceSpec } from "../../src/index.ts";
import {
  type LifecycleDriver,
  lifecyclePaths,
  takeLifecyclePath,
  testServiceLifecycle,
} from "../../src/testing/index.ts";

/** A service with some of its bugs. */
type Make = (bug: string | null) => { spec: () => ServiceSpec; driver?: LifecycleDriver };

const greeter: Make = (bug) => ({
  spec: () => ({
    name: "greeter",
    stopTimeoutMs: 300,
    async start() {
      const sockets = new Set<{ destroy(): void }>();
      const server = createServer((socket) => {
        sockets.add(socket);
        socket.on("close", () => sockets.delete(socket)).on("error", () => {});
        socket.write("hello");
      });
      server.listen(0, "127.0.0.1");
      if (bug !== "ready before it listens") await once(server, "listening");
      return { server, sockets };
    },
    stop({ server, sockets }: { server: Server; sockets: Set<{ destroy(): void }> }) {
      if (bug !== "stop hangs with a client") for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
    },
  }),
  driver: {
    async exercise({ value }) {
      const { port } = (value as { server: Server }).server.address() as { port: number };
      const client = connect(port, "127.0.0.1").on("error", () => {});
      await once(client, "data");
      return () => void client.destroy();
    },
  },
});

const poller: Make = (bug) => ({
  spec: () => ({
    name: "poller",
    start: () => ({ timer: setInterval(() => {}, 20), poll: setTimeout(() => {}, 100_000) }),
    stop({ timer, poll }: { timer: NodeJS.Timeout; poll: NodeJS.Timeout }) {
      clearTimeout(poll);
      if (bug !== "interval is not cleared") clearInterval(timer);
      if (bug === "stop resolves too early") setTimeout(() => {}, 250);
    },
  }),
});

const bus = new EventEmitter();
const consumer: Make = (bug) => ({
  spec: () => ({
    name: "consumer",
    start() {
      const onOrder = () => {};
      bus.on("order", onOrder);
      return onOrder;
    },
    stop(onOrder: () => void) {
      if (bug !== "listener is not removed") bus.off("order", onOrder);
      if (bug === "rejection is not handled") void Promise.reject(new Error("nobody hears this"));
    },
  }),
  driver: { watch: { bus } },
});

const thread: Make = (bug) => ({
  spec: () => ({
    name: "thread",
    async start() {
      const worker = new Worker("setInterval(() => {}, 1000)", { eval: true });
      await once(worker, "online");
      return worker;
    },
    async stop(worker: Worker) {
      if (bug === "error in a timer") {
        setTimeout(() => {
          throw new Error("thrown in a timer");
        });
      }
      if (bug !== "thread is not ended") await worker.terminate();
      else left.push(worker);
    },
  }),
  // A thread takes its time.
  driver: { select: ({ steps }) => steps.length <= 3 },
});
const left: Worker[] = [];

let isTaken = false;
const registry: Make = (bug) => ({
  spec: () => ({
    name: "registry",
    start({ incarnation }) {
      if (isTaken) throw new Error("the lease is taken");
      isTaken = true;
      const onSignal = () => {};
      if (bug === "listener of the process stays") process.on("SIGUSR2", onSignal);
      return incarnation;
    },
    stop(incarnation: number) {
      isTaken = bug === "lease is not given back" && incarnation === 1;
    },
  }),
  driver: {
    before() {
      isTaken = false;
    },
  },
});

const services: [name: string, make: Make][] = [
  ["greeter", greeter],
  ["poller", poller],
  ["consumer", consumer],
  ["thread", thread],
  ["registry", registry],
];

const here = /planted-bugs\.test\.ts:\d+$/;
const bugs: [service: string, bug: string, what: RegExp, madeAt: RegExp | null][] = [
  ["greeter", "ready before it listens", /says that it is ready, and exercise fails/, null],
  ["greeter", "stop hangs with a client", /greeter: still running 3\d\d ms after/, null],
  ["poller", "interval is not cleared", /^leaked Timeout$/, here],
  ["poller", "stop resolves too early", /^late Timeout: still open after the stop had resolved$/, here],
  ["consumer", "listener is not removed", /^leaked listener of bus order$/, here],
  ["consumer", "rejection is not handled", /^unhandled rejection: nobody hears this$/, here],
  ["thread", "error in a timer", /^uncaught error: thrown in a timer$/, here],
  ["thread", "thread is not ended", /^leaked (Worker|MessagePort)$/, here],
  ["registry", "listener of the process stays", /^leaked listener of process SIGUSR2$/, here],
  ["registry", "lease is not given back", /expected .* but it is .*the lease is taken/, null],
];

// Cases X5 and X8.
describe("the lifecycle kit", () => {
  it.each(services)("finds nothing in a %s that is as it should be, in less than five seconds", async (_, make) => {
    const { spec, driver } = make(null);
    const began = performance.now();
    const report = await testServiceLifecycle(spec, driver);
    expect(report.findings).toEqual([]);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it.each(bugs)("finds that in a %s the %s", { timeout: 30_000 }, async (name, bug, what, madeAt) => {
    const { spec, driver } = services.find(([known]) => known === name)![1](bug);
    const report = await testServiceLifecycle(spec, {
      ...driver,
      graceMs: 400,
      quietMs: 100,
      select: ({ steps }) => steps.length <= (name === "registry" ? 4 : 3),
    });
    for (const worker of left.splice(0)) await worker.terminate();
    bus.removeAllListeners();
    process.removeAllListeners("SIGUSR2");
    const found = report.findings.filter((finding) => what.test(finding.what));
    expect(found, String(report)).not.toEqual([]);
    if (madeAt !== null) expect(found[0]!.madeAt).toMatch(madeAt);
    expect(found[0]!.shortest).not.toBe("");
    expect(report.problems.length).toBeGreaterThan(0);
  });

  it("waits for a leak once, not on each path that it is on", async () => {
    const select = ({ steps }: { steps: readonly unknown[] }) => steps.length <= 3;
    const began = performance.now();
    const { results } = await testServiceLifecycle(poller("interval is not cleared").spec, { graceMs: 1_000, select });
    const tookMs = performance.now() - began;
    const leaking = results.filter(({ leaks }) => leaks.Timeout !== undefined);
    expect(leaking.length).toBeGreaterThan(3);
    expect(tookMs).toBeLessThan(leaking.length * 1_000 * 0.7);
  }, 30_000);

  it("takes one path, and rejects with what it finds", async () => {
    const paths = lifecyclePaths({ spec: poller(null).spec(), driver: {} });
    const path = paths.find(({ title }) => title === "start, ready, stop")!;
    const result = await takeLifecyclePath(poller(null).spec, {}, path);
    expect(result.found).toEqual([]);
    const wrong = takeLifecyclePath(poller("interval is not cleared").spec, { graceMs: 100 }, path);
    await expect(wrong).rejects.toThrow(/leaked Timeout \(.*planted-bugs\.test\.ts:\d+\): on 1 path/);
  });
});

// Case X6.
it("what others in the same process open, at the same time, is not a finding", async () => {
  const server = createServer((socket) => socket.write("x"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as { port: number };
  const noise = setInterval(() => connect(port, "127.0.0.1").on("error", () => {}), 20);
  const reports = await Promise.all(services.slice(0, 3).map(([, make]) => testServiceLifecycle(make(null).spec)));
  clearInterval(noise);
  server.close();
  server.unref();
  expect(reports.flatMap(({ findings }) => findings)).toEqual([]);
}, 30_000);

// Case X6.
it("the connections that fetch keeps for later are not a finding", async () => {
  const { createServer: createHttpServer } = await import("node:http");
  const server = createHttpServer((_, response) => response.end("ok")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const spec: ServiceSpec = {
    name: "client",
    start: async () => (await fetch(`http://127.0.0.1:${port}`)).text(),
  };
  const report = await testServiceLifecycle(() => spec);
  server.close();
  server.closeAllConnections();
  expect(report.findings).toEqual([]);
}, 30_000);

// Case X7.
it("a supervisor is refused", async () => {
  const make = () => ({ name: "app", services: [] }) as unknown as ServiceSpec;
  await expect(testServiceLifecycle(make)).rejects.toMatchObject({
    code: "ERR_INVALID_SPEC",
    message: expect.stringContaining("exploreTree"),
  });
});
