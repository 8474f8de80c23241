// Effect: a fiber for each service, with retry.

import { Effect, Fiber } from "effect";
import { measureLatency, measureStorm } from "./limit.mjs";

/** One turn of the event loop for each restart, as the other peers take. */
const turn = Effect.async((resume) => {
  const id = setImmediate(() => resume(Effect.void));
  return Effect.sync(() => clearImmediate(id));
});

const keep = (run) => Effect.forever(Effect.tryPromise(run).pipe(Effect.catchAll(() => turn)));

export const effect = {
  async tree(n) {
    let fibers = [];
    return {
      async start() {
        fibers = Array.from({ length: n }, () => Effect.runFork(Effect.never));
      },
      stop: () => Effect.runPromise(Fiber.interruptAll(fibers.toReversed())),
    };
  },
  storm: (n, total) =>
    measureStorm(total, (fail) => ({
      start: () => {
        for (let i = 0; i < n; i++) Effect.runFork(keep(fail));
      },
    })),
  latency: (count) => measureLatency(count, (run) => ({ start: () => void Effect.runFork(keep(run)) })),
};
