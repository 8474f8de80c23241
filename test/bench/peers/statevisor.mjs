import { gzipSync } from "node:zlib";
import { createSupervisor } from "../../../dist/src/index.js";
import { measureLatency, measureStorm, timeImport } from "./limit.mjs";

const untilStopped = ({ signal }) =>
  new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
const atOnce = { initialBackoffMs: 0, jitter: false, maxRetries: Infinity };

const tree = (services, options) => createSupervisor({ name: "bench", services }, options);
const many = (n, spec) => Array.from({ length: n }, (_, i) => ({ name: `s${i}`, ...spec }));

/** Stops the tree as far as that works: the last incarnation of a storm hangs on purpose. */
const endAll = (supervisor) => supervisor.stop({ timeoutMs: 0 }).catch(() => {});

function storm(options, attach = () => {}) {
  return (n, total) =>
    measureStorm(total, async (fail) => {
      const supervisor = tree(many(n, { run: fail, restart: atOnce, critical: false }), options);
      await attach(supervisor);
      return { start: () => void supervisor.start().catch(() => {}), stop: () => endAll(supervisor) };
    });
}

export const statevisor = {
  async tree(n) {
    const services = many(n, { run: untilStopped });
    let supervisor;
    return {
      // The start includes checking the definition and making the tree.
      async start() {
        supervisor = tree(services);
        await supervisor.start();
      },
      stop: () => supervisor.stop(),
    };
  },

  storm: storm(),

  async latency(count) {
    return measureLatency(count, (run) => {
      const supervisor = tree([{ name: "s", run, restart: atOnce, critical: false }]);
      return { start: () => void supervisor.start().catch(() => {}), stop: () => endAll(supervisor) };
    });
  },

  async graph(nodes, delayMs) {
    const start = delayMs > 0 ? () => new Promise((resolve) => setTimeout(resolve, delayMs)) : () => {};
    const begun = performance.now();
    const supervisor = tree(nodes.map(({ name, dependsOn }) => ({ name, dependsOn, start })));
    await supervisor.start();
    const ms = performance.now() - begun;
    await supervisor.stop();
    return ms;
  },

  /** Microseconds to add one service to a supervisor of `n`, and to remove it again. */
  async dynamic(n, count) {
    const supervisor = tree(many(n, { run: untilStopped }));
    await supervisor.start();
    const begun = performance.now();
    for (let i = 0; i < count; i++) {
      await supervisor.addService({ name: "extra", run: untilStopped });
      await supervisor.removeService("extra");
    }
    const us = ((performance.now() - begun) * 1_000) / count;
    await supervisor.stop();
    return us;
  },

  /** Microseconds for one service of `n` to change its health, and to read the aggregate. */
  async health(n, count) {
    const flipping = { check: () => healthy, intervalMs: 0, failureThreshold: 1 };
    let healthy = true;
    let tick;
    const clock = {
      now: () => performance.now(),
      setTimeout: (fn) => {
        tick = fn;
        return fn;
      },
      clearTimeout: (fn) => {
        if (tick === fn) tick = undefined;
      },
    };
    const services = [
      ...many(n - 1, { run: untilStopped }),
      { name: "flip", run: untilStopped, readiness: flipping, critical: false },
    ];
    const supervisor = tree(services, { clock });
    await supervisor.start();
    // One interval, until the check has run and its verdict has arrived.
    const untilRated = (health) => {
      while (supervisor.actor.getSnapshot().value.health !== health) tick?.();
    };
    untilRated("healthy");
    const begun = performance.now();
    for (let i = 0; i < count; i++) {
      healthy = !healthy;
      untilRated(healthy ? "healthy" : "degraded");
    }
    const us = ((performance.now() - begun) * 1_000) / count;
    return us;
  },

  /** The storm with observers: XState's own inspection, and a listener that records all updates. */
  inspected: storm({ inspect: () => {} }),
  recorded: storm(undefined, (supervisor) => {
    const ring = new Array(1_024);
    let count = 0;
    const record = (update) => {
      ring[count++ % ring.length] = update;
    };
    for (const type of ["status", "health", "service-health", "escalation", "unstopped", "late"])
      supervisor.on(type, record);
  }),
  served: storm(undefined, async (supervisor) => {
    const { serveInspector } = await import("../../../dist/src/inspector/index.js");
    await serveInspector(supervisor);
  }),

  import: () => timeImport("statevisor"),

  /** Bytes of the core, bundled, minified and compressed, without xstate and immer. */
  async size() {
    const { rolldown } = await import("rolldown");
    const entry = new URL("../../../dist/src/index.js", import.meta.url).pathname;
    const bundle = await rolldown({ input: entry, external: /^[^./]/, platform: "neutral" });
    const { output } = await bundle.generate({ format: "esm", minify: true });
    return gzipSync(output.map(({ code }) => code).join(""), { level: 9 }).length;
  },
};
