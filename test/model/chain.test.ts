// A supervisor whose children depend on each other, held to its abstract model along the shortest paths that take every
// transition.

import { expect, it } from "vitest";
import { createSupervisor } from "../../src/index.ts";
import { createSimulatedClock } from "../../src/testing/index.ts";
import { coveringPaths } from "../../src/testing/paths.ts";
import { expectSame } from "../support/expect-same.ts";
import { type Watched, watch } from "../support/promises.ts";
import {
  backoffMs,
  type ChainEvent,
  type ChainModel,
  type ChainName,
  chainModel,
  chainNames,
  dueIn,
  healthOf,
  toPublic,
} from "./chain-model.ts";
import { createPuppet } from "./puppet.ts";

async function follow(path: readonly ChainEvent[]): Promise<void> {
  const clock = createSimulatedClock();
  const puppets = chainNames.map((name) => createPuppet(name, { runs: true, launches: true }));
  const services = puppets.map(({ name, body }, index) => ({
    ...body,
    name,
    restart: { maxRetries: 1, initialBackoffMs: backoffMs, jitter: false },
    startTimeoutMs: Number.POSITIVE_INFINITY,
    stopTimeoutMs: Number.POSITIVE_INFINITY,
    ...(index > 0 && { dependsOn: [chainNames[index - 1]!] }),
  }));
  const supervisor = createSupervisor({ name: "app", services }, { clock });
  const promises: Watched<void>[] = [watch(supervisor.start())];

  async function happen(event: ChainEvent, expected: ChainModel): Promise<void> {
    if (event === "time") return clock.advance(dueIn(expected)!);
    if (event === "stop-tree") return void promises.push(watch(supervisor.stop()));
    const [deed, name] = event.split(" ") as ["ready" | "fail" | "end", ChainName];
    const puppet = puppets[chainNames.indexOf(name)]!;
    return deed === "fail" ? puppet.fail(new Error("boom")) : puppet[deed]();
  }

  function tell(): unknown {
    const { state, services } = supervisor.status();
    return {
      mode: state,
      health: supervisor.health().status,
      links: services.map(({ state, exit, incarnation, failures, nextAttemptAt }) => [
        ...[state, exit, incarnation, failures, nextAttemptAt === null ? null : nextAttemptAt - clock.now()],
      ]),
      starts: puppets.map(({ starts }) => starts),
      asked: puppets.map(({ isAsked }) => isAsked),
    };
  }

  function toTold(chain: ChainModel): unknown {
    return {
      mode: chain.mode,
      health: healthOf(chain),
      links: chain.links.map((link) => [
        ...[toPublic(link), link.exit, link.incarnation, link.failures, link.state === "backoff" ? link.leftMs : null],
      ]),
      starts: chain.links.map(({ incarnation }) => incarnation),
      asked: chain.links.map(({ state }) => state === "stopping"),
    };
  }

  let expected = chainModel.initial;
  await clock.advance(0);
  for (const [index, event] of path.entries()) {
    await happen(event, expected);
    await clock.advance(0);
    expected = chainModel.next(expected, event);
    expectSame(tell(), toTold(expected), () => path.slice(0, index + 1).join(", "));
  }

  promises.push(watch(supervisor.stop()));
  for (const puppet of [...puppets].reverse()) {
    await clock.advance(0);
    if (puppet.live > 0) puppet.end();
  }
  await clock.advance(0);
  const left = [clock.pending, promises.filter(({ state }) => state === "pending").length];
  expectSame(left, [0, 0], () => path.join(", "));
}

it("children that depend on each other start and stop in order, as their model says, whatever fails", async () => {
  const all = coveringPaths(chainModel);
  expect(all.length).toBeGreaterThan(200);
  for (const path of all) await follow(path);
}, 120_000);
