// nact: an actor for each service; its parent's policy restarts it.

import nact from "nact";
import { measureLatency, measureStorm } from "./limit.mjs";

const { dispatch, spawn, start, stop } = nact;
const onCrash = (_message, _error, ctx) => ctx.reset;

/** Runs the service at each message, and sends itself the next one a turn of the event loop later. */
function spawnService(system, name, run) {
  return spawn(
    system,
    async (_state, _message, ctx) => {
      try {
        await run();
      } catch (error) {
        setImmediate(() => dispatch(ctx.self, "again"));
        throw error;
      }
    },
    name,
    { onCrash },
  );
}

export const nactPeer = {
  async tree(n) {
    let system;
    return {
      async start() {
        system = start();
        for (let i = 0; i < n; i++) spawn(system, async (state) => state, `s${i}`);
      },
      async stop() {
        stop(system);
      },
    };
  },
  storm: (n, total) =>
    measureStorm(total, (fail) => {
      const system = start();
      const services = Array.from({ length: n }, (_, i) => spawnService(system, `s${i}`, fail));
      return { start: () => services.map((service) => dispatch(service, "run")), stop: () => stop(system) };
    }),
  latency: (count) =>
    measureLatency(count, (run) => {
      const system = start();
      const service = spawnService(system, "s", run);
      return { start: () => dispatch(service, "run"), stop: () => stop(system) };
    }),
};
