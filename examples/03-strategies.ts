// The strategy decides who else is restarted with a service that failed: no other, all others, or the services defined after it.

import { createSupervisor, defineService, type ServiceContext } from "statevisor";

for (const strategy of ["one-for-one", "one-for-all", "rest-for-one"] as const) {
  const steps: string[] = [];
  let cacheContext: ServiceContext | undefined;

  const services = ["database", "cache", "api"].map((name) =>
    defineService({
      name,
      restart: { initialBackoffMs: 10 },
      start(ctx) {
        steps.push(`+${name}`);
        if (name === "cache") cacheContext = ctx;
      },
      stop() {
        steps.push(`-${name}`);
      },
    }),
  );

  const supervisor = createSupervisor({ name: "shop", strategy, services });
  await supervisor.start();
  steps.length = 0;

  const recovered = new Promise<void>((resolve) => {
    supervisor.on("health", ({ to }) => to === "healthy" && resolve());
  });
  cacheContext?.fail(new Error("out of memory"));
  await recovered;

  console.log(`${strategy.padEnd(12)}  the cache fails: ${steps.join(" ")}`);
  await supervisor.stop();
}
