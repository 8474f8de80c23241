// A crowd: 200 processes of which half crash at once, for ever.

import { expect, it } from "vitest";
import { createCli, processesWith, until } from "./support.ts";

interface Service {
  readonly name: string;
  readonly state: string;
  readonly restarts: number;
}

it("stays responsive, holds its backoff, and goes down whole", async () => {
  const cli = createCli();
  const steady = Array.from({ length: 100 }, (_, i) => ({ name: `steady-${i}`, command: ["sleep", "86399"] }));
  const broken = Array.from({ length: 100 }, (_, i) => ({
    name: `broken-${i}`,
    command: ["false"],
    critical: false,
    restart: { maxRetries: "Infinity", initialBackoffMs: 500, maxBackoffMs: 2_000, multiplier: 2, jitter: false },
  }));
  cli.write("statevisor.config.json", { name: "crowd", services: steady.flatMap((each, i) => [each, broken[i]!]) });
  const up = cli.start("up");
  const services = async () => {
    const [document] = await cli.json("status");
    return (document?.tree as { services: Service[] } | undefined)?.services ?? [];
  };
  await until(
    "all that can run do, and the others have failed again and again",
    async () => {
      const all = await services();
      const [good, bad] = [
        all.filter(({ name }) => name.startsWith("steady")),
        all.filter(({ name }) => name.startsWith("broken")),
      ];
      return (
        good.length === 100 &&
        good.every(({ state }) => state === "running") &&
        bad.every(({ restarts }) => restarts >= 2)
      );
    },
    60_000,
  );

  const asked = performance.now();
  const [document] = await cli.json("status");
  const answeredMs = performance.now() - asked;
  // The time of the whole process of the command, beside the crashes, with room for a slow machine.
  expect(answeredMs).toBeLessThan(5_000);
  const { now, startedAt } = {
    now: document!.now as number,
    startedAt: (document!.tree as { startedAt: number }).startedAt,
  };
  for (const { name, restarts } of await services()) {
    // 0.5 s, 1 s, then every 2 s: no more restarts than the time allows.
    if (name.startsWith("broken"))
      expect(restarts).toBeLessThanOrEqual(3 + (now - startedAt + answeredMs + 5_000) / 2_000);
  }

  const down = await cli.run("down");
  expect(down.code).toBe(0);
  expect((await up.ended).code).toBe(0);
  expect(processesWith("86399")).toEqual([]);
});
