// The limit: a supervisor written by hand for one purpose, with nothing to configure, observe or go wrong. Each service
// has an AbortController; a restart takes one turn of the event loop.

import { execFileSync } from "node:child_process";

const untilStopped = ({ signal }) =>
  new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));

function createService(name, run) {
  return { name, run, state: "stopped", controller: null, done: null, restarts: 0 };
}

function start(service) {
  service.controller = new AbortController();
  service.state = "running";
  service.done = keep(service);
}

async function keep(service) {
  const { controller } = service;
  try {
    await service.run({ signal: controller.signal, service });
    service.state = "stopped";
  } catch {
    if (controller.signal.aborted) return;
    service.state = "backoff";
    await new Promise((resolve) => setImmediate(resolve));
    if (controller.signal.aborted) return;
    service.restarts++;
    service.done = keep(service);
    service.state = "running";
  }
}

export const limit = {
  async tree(n) {
    const services = Array.from({ length: n }, (_, i) => createService(`s${i}`, untilStopped));
    return {
      async start() {
        for (const service of services) start(service);
      },
      async stop() {
        for (const service of services.toReversed()) {
          service.controller.abort();
          await service.done;
        }
      },
    };
  },

  async storm(n, total) {
    return measureStorm(total, (fail) => {
      const services = Array.from({ length: n }, (_, i) => createService(`s${i}`, fail));
      return {
        start: () => {
          for (const service of services) start(service);
        },
        stop: () => services.map(({ controller }) => controller.abort()),
      };
    });
  },

  async latency(count) {
    return measureLatency(count, (run) => {
      const service = createService("s", run);
      return { start: () => start(service), stop: () => service.controller.abort() };
    });
  },

  async graph(nodes, delayMs) {
    const ups = new Map();
    const begun = performance.now();
    for (const { name, dependsOn } of nodes) {
      const up = (async () => {
        await Promise.all(dependsOn.map((dependency) => ups.get(dependency)));
        if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      })();
      ups.set(name, up);
    }
    await Promise.all(ups.values());
    return performance.now() - begun;
  },

  import: () => timeImport("xstate", "immer"),
};

/** Milliseconds to import packages, one after the other, in a process of its own. */
export function timeImport(...names) {
  const code = `
    const begun = performance.now();
    for (const name of ${JSON.stringify(names)}) await import(name);
    console.log(performance.now() - begun);`;
  return Number(execFileSync(process.execPath, ["--input-type=module", "--eval", code], { encoding: "utf8" }));
}

/** Every service fails as soon as it runs, until `total` runs have ended. Returns milliseconds. */
export async function measureStorm(total, create) {
  let ended = 0;
  let finish;
  const finished = new Promise((resolve) => {
    finish = resolve;
  });
  const fail = async () => {
    if (++ended >= total) {
      finish();
      await new Promise(() => {});
    }
    throw failure;
  };
  const peer = await create(fail);
  const begun = performance.now();
  await peer.start();
  await finished;
  const ms = performance.now() - begun;
  await peer.stop?.();
  return ms;
}

/** One service that fails as soon as it runs: microseconds from each failure to the next run. */
export async function measureLatency(count, create) {
  const samples = [];
  let failedAt = 0;
  let finish;
  const finished = new Promise((resolve) => {
    finish = resolve;
  });
  const run = async () => {
    const now = performance.now();
    if (failedAt > 0) samples.push((now - failedAt) * 1_000);
    if (samples.length >= count) {
      finish();
      await new Promise(() => {});
    }
    failedAt = performance.now();
    throw failure;
  };
  const peer = await create(run);
  await peer.start();
  await finished;
  await peer.stop?.();
  return samples;
}

/** One error for all failures, so that making errors costs no peer anything. */
export const failure = new Error("told to fail");
