// The backoff: each failure in a row waits longer than the one before, up to a limit. Then the service has given up.

import { createSupervisor, defineService, SupervisorError } from "statevisor";

/** A service whose connection is refused so many times, and then succeeds. */
function defineConnection(refusals: number) {
  return defineService({
    name: "connection",
    restart: {
      initialBackoffMs: 10, // 10, 20, 40, and no more than
      maxBackoffMs: 50,
      maxRetries: 5, // as by default; a sixth failure in a row is final
      jitter: false, // by default each delay varies by a quarter, so that a thousand clients do not return at once
    },
    start({ incarnation }) {
      if (incarnation <= refusals) throw new Error("connection refused");
    },
  });
}

for (const refusals of [3, 6]) {
  console.log(`refused ${refusals} times:`);
  const supervisor = createSupervisor({ name: "app", services: [defineConnection(refusals)] });
  supervisor.on("status", ({ path, to, delayMs, failures }) => {
    if (to === "backoff") console.log(`  failure ${failures} in a row, next attempt in ${delayMs} ms`);
    if (to === "running" && path === "app/connection") console.log("  connected");
  });
  try {
    await supervisor.start();
    await supervisor.stop();
  } catch (error) {
    if (!(error instanceof SupervisorError)) throw error;
    console.log(`  ${error.code}: ${error.message}`);
  }
}
