// The cost of a tree grows as documented with the number of services. Growth is measured, not seconds: a quadratic step
// shows as an exponent near 2.

import { describe, expect, it } from "vitest";
import { createSupervisor, type ServiceSpec } from "../../src/index.ts";
import { createSimulatedClock } from "../../src/testing/index.ts";
import { untilStopped } from "../support/services.ts";

const many = (n: number, more: (i: number) => object = () => ({})) =>
  Array.from({ length: n }, (_, i) => ({ name: `s${i}`, run: untilStopped, ...more(i) }));

/** By the clock, or in processor time if that is less: other work adds to the one, threads that collect garbage to the other. */
async function millisecondsOf(work: () => unknown): Promise<number> {
  const [begun, used] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(used);
  return Math.min(performance.now() - begun, (user + system) / 1_000);
}

/**
 * The slope of log(time) over log(n) between two sizes, the median of three rounds. What takes longer with its size is
 * measured `times` times with the small one: a short measurement may miss the other work that a long one beside it meets.
 */
async function exponentOf(
  [small, large]: readonly [number, number],
  measure: (n: number) => Promise<number>,
  times = 1,
): Promise<number> {
  const exponents: number[] = [];
  await measure(small);
  for (let round = 0; round < 3; round++) {
    const longer = await measure(large);
    let shorter = 0;
    for (let time = 0; time < times; time++) shorter += await measure(small);
    exponents.push(Math.log(longer / (shorter / times)) / Math.log(large / small));
  }
  return exponents.sort((a, b) => a - b)[1]!;
}

async function millisecondsOfStart(services: ServiceSpec[]): Promise<number> {
  const supervisor = createSupervisor({ name: "app", services });
  const ms = await millisecondsOf(() => supervisor.start());
  await supervisor.stop();
  return ms;
}

const sizes = [2_000, 32_000] as const;
const ratio = sizes[1] / sizes[0];

describe("growth", () => {
  it("the time of a start grows with the number of services", async () => {
    const exponent = await exponentOf(sizes, (n) => millisecondsOfStart(many(n)), ratio);
    expect(exponent).toBeLessThan(1.6);
  }, 120_000);

  it("the time of a stop grows with the number of services", async () => {
    const millisecondsOfStop = async (n: number) => {
      const supervisor = createSupervisor({ name: "app", services: many(n) });
      await supervisor.start();
      return millisecondsOf(() => supervisor.stop());
    };
    const exponent = await exponentOf(sizes, millisecondsOfStop, ratio);
    expect(exponent).toBeLessThan(1.6);
  }, 120_000);

  it("the time of a chain of dependencies grows with its length", async () => {
    const chain = (n: number) => many(n, (i) => (i === 0 ? {} : { dependsOn: [`s${i - 1}`] }));
    const exponent = await exponentOf(sizes, (n) => millisecondsOfStart(chain(n)), ratio);
    expect(exponent).toBeLessThan(1.6);
  }, 120_000);

  it("the time to add and remove one service does not grow", async () => {
    const exponent = await exponentOf(sizes, async (n) => {
      const supervisor = createSupervisor({ name: "app", services: many(n) });
      await supervisor.start();
      const ms = await millisecondsOf(async () => {
        for (let i = 0; i < 1_000; i++) {
          await supervisor.addService({ name: "extra", run: untilStopped });
          await supervisor.removeService("extra");
        }
      });
      await supervisor.stop();
      return ms;
    });
    expect(exponent).toBeLessThan(0.6);
  }, 120_000);
});

describe("a hundred thousand services", () => {
  it("a hundred thousand services start, restart together and stop, and hold no timer while they run", async () => {
    const n = 100_000;
    const clock = createSimulatedClock();
    const contexts: { fail: (error: Error) => void }[] = [];
    const run = (ctx: { signal: AbortSignal; fail: (error: Error) => void }) => {
      contexts.push(ctx);
      return untilStopped(ctx);
    };
    const spec = { name: "app", strategy: "one-for-all" as const, services: many(n, () => ({ run })) };
    const supervisor = createSupervisor(spec, { clock });
    await supervisor.start();
    expect([supervisor.status().counts.running, clock.pending]).toEqual([n, 0]);
    contexts[n / 2]!.fail(new Error("boom"));
    await clock.advance(2_000);
    expect([contexts.length, supervisor.status().counts.running, clock.pending]).toEqual([2 * n, n, 0]);
    await supervisor.stop();
    expect([supervisor.status().counts.stopped, clock.pending]).toEqual([n, 0]);
  }, 300_000);

  it("a hundred thousand services fail at once, and each restarts", async () => {
    const n = 100_000;
    const clock = createSimulatedClock();
    const contexts: { fail: (error: Error) => void }[] = [];
    const run = (ctx: { signal: AbortSignal; fail: (error: Error) => void }) => {
      contexts.push(ctx);
      return untilStopped(ctx);
    };
    const supervisor = createSupervisor(
      { name: "app", services: many(n, () => ({ run, restart: { jitter: false } })) },
      { clock },
    );
    await supervisor.start();
    for (const ctx of contexts.splice(0)) ctx.fail(new Error("boom"));
    await clock.advance(0);
    expect(supervisor.status().counts.backoff).toBe(n);
    expect(clock.pending).toBe(n);
    // All timers are due at the same time, one turn of the simulated clock each.
    await supervisor.stop();
    expect([supervisor.status().counts.stopped, clock.pending]).toEqual([n, 0]);
  }, 300_000);
});
