// A service that depends on another, held to its abstract model along the shortest paths that take every transition:
// each condition, required or not, with each onFailure.

import { expect, it } from "vitest";
import { createSupervisor, type ServiceSpec } from "../../src/index.ts";
import { createSimulatedClock } from "../../src/testing/index.ts";
import { coveringPaths, type Model } from "../../src/testing/paths.ts";
import { expectSame } from "../support/expect-same.ts";
import { type Watched, watch } from "../support/promises.ts";
import {
  backoffMs,
  createPairModel,
  dueIn,
  type Name,
  type PairEvent,
  type PairModel,
  type PairRule,
  toPhase,
  toPublic,
} from "./dependency-model.ts";
import { createPuppet } from "./puppet.ts";

const names: readonly Name[] = ["d", "e"];

async function follow(rule: PairRule, model: Model<PairModel, PairEvent>, path: readonly PairEvent[]): Promise<void> {
  const clock = createSimulatedClock();
  const puppets = {
    d: createPuppet("d", { runs: true, launches: true }),
    e: createPuppet("e", { runs: true, launches: true }),
  };
  const toSpec = (name: Name): ServiceSpec => ({
    ...puppets[name].body,
    name,
    critical: false,
    restart: { maxRetries: 1, initialBackoffMs: backoffMs, jitter: false },
    startTimeoutMs: Number.POSITIVE_INFINITY,
    stopTimeoutMs: Number.POSITIVE_INFINITY,
  });
  const services = [toSpec("d"), { ...toSpec("e"), dependsOn: [{ service: "d", ...rule }] }];
  const supervisor = createSupervisor({ name: "app", services }, { clock });
  const promises: Watched<void>[] = [watch(supervisor.start())];

  async function happen(event: PairEvent, expected: PairModel): Promise<void> {
    if (event === "time") return clock.advance(dueIn(expected)!);
    const [deed, name] = event.split(" ") as [string, Name];
    if (deed === "fail") return puppets[name].fail(new Error("boom"));
    if (deed === "ready" || deed === "end" || deed === "complete") return puppets[name][deed]();
    promises.push(watch(supervisor[deed === "start" ? "startService" : "stopService"](name)));
  }

  function tell(): unknown {
    return names.map((name) => {
      const { state, phase, exit, incarnation, restarts, failures, waitingFor, nextAttemptAt } =
        supervisor.status(name);
      const dueMs = nextAttemptAt === null ? null : nextAttemptAt - clock.now();
      const waits = phase === "waiting" ? waitingFor : null;
      return { state, phase, exit, incarnation, restarts, failures, waits, dueMs, starts: puppets[name].starts };
    });
  }

  function toTold(pair: PairModel): unknown {
    return names.map((name) => {
      const part = pair[name];
      const { exit, incarnation, restarts, failures } = part;
      const waits = part.state === "waiting" ? ["app/d"] : null;
      const dueMs = part.state === "backoff" ? part.leftMs : null;
      return {
        state: toPublic(part),
        phase: toPhase(part),
        exit,
        incarnation,
        restarts,
        failures,
        waits,
        dueMs,
        starts: incarnation,
      };
    });
  }

  let expected = model.initial;
  await clock.advance(0);
  for (const [index, event] of path.entries()) {
    await happen(event, expected);
    await clock.advance(0);
    expected = model.next(expected, event);
    expectSame(tell(), toTold(expected), () => `${JSON.stringify(rule)}: ${path.slice(0, index + 1).join(", ")}`);
  }

  promises.push(watch(supervisor.stop()));
  for (const name of ["e", "d"] as const) {
    await clock.advance(0);
    if (puppets[name].live > 0) puppets[name].end();
  }
  await clock.advance(0);
  const left = [clock.pending, promises.filter(({ state }) => state === "pending").length];
  expectSame(left, [0, 0], () => `${JSON.stringify(rule)}: ${path.join(", ")}`);
}

const rules = (["started", "healthy", "completed"] as const).flatMap((condition) =>
  [true, false].flatMap((required) =>
    (["ignore", "stop", "restart"] as const).map((onFailure): PairRule => ({ condition, required, onFailure })),
  ),
);

it.each(
  rules,
)("a service that waits for $condition, required $required, onFailure $onFailure, follows its model", async (rule) => {
  const model = createPairModel(rule);
  const all = coveringPaths(model);
  expect(all.length).toBeGreaterThan(100);
  for (const path of all) await follow(rule, model, path);
}, 120_000);
