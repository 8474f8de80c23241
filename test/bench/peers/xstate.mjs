// XState alone: children of a supervisor machine, spawned and stopped by it, as its documentation shows.

import { createActor, fromPromise, setup } from "xstate";
import { measureLatency, measureStorm } from "./limit.mjs";

const untilStopped = ({ signal }) =>
  new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));

function machineOf(run) {
  return setup({ actors: { unit: fromPromise(run) } }).createMachine({
    initial: "running",
    states: {
      running: { invoke: { src: "unit", onDone: "stopped", onError: "backoff" } },
      backoff: { after: { 0: "running" } },
      stopped: {},
    },
  });
}

function supervisorOf(n, run) {
  const service = machineOf(run);
  const root = setup({ actors: { service } }).createMachine({
    context: ({ spawn }) => ({ children: Array.from({ length: n }, (_, i) => spawn("service", { id: `s${i}` })) }),
  });
  return createActor(root, { clock: { setTimeout: (fn) => setImmediate(fn), clearTimeout: clearImmediate } });
}

export const xstate = {
  async tree(n) {
    let root;
    return {
      async start() {
        root = supervisorOf(n, untilStopped).start();
      },
      async stop() {
        root.stop();
      },
    };
  },
  storm: (n, total) =>
    measureStorm(total, (fail) => {
      const root = supervisorOf(n, fail);
      return { start: () => void root.start(), stop: () => void root.stop() };
    }),
  latency: (count) =>
    measureLatency(count, (run) => {
      const root = supervisorOf(1, run);
      return { start: () => void root.start(), stop: () => void root.stop() };
    }),
};
