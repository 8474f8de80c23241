// A tree of two levels, held to its abstract model along the shortest paths that take every transition.

import { expect, it } from "vitest";
import { createSupervisor, type ServiceSpec } from "../../src/index.ts";
import { createSimulatedClock } from "../../src/testing/index.ts";
import { coveringPaths } from "../../src/testing/paths.ts";
import { expectSame } from "../support/expect-same.ts";
import { type Watched, watch } from "../support/promises.ts";
import { createPuppet } from "./puppet.ts";
import {
  backoffMs,
  dueIn,
  healthOf,
  isHealthy,
  type Leaf,
  type Name,
  retries,
  type TreeEvent,
  type TreeModel,
  toPublic,
  treeModel,
} from "./tree-model.ts";

const leaves: readonly Leaf[] = ["a", "b", "c"];
const paths: Readonly<Record<Name, string>> = { a: "g/a", b: "g/b", c: "c", g: "g" };

async function follow(path: readonly TreeEvent[]): Promise<void> {
  const clock = createSimulatedClock();
  const puppets = {
    a: createPuppet("a", { runs: true, launches: true }),
    b: createPuppet("b", { runs: true, launches: true }),
    c: createPuppet("c", { runs: true, launches: true }),
  };
  const restart = (name: Name) => ({ maxRetries: retries[name], initialBackoffMs: backoffMs, jitter: false });
  const toSpec = (name: Leaf): ServiceSpec => ({
    ...puppets[name].body,
    name,
    restart: restart(name),
    startTimeoutMs: Number.POSITIVE_INFINITY,
    stopTimeoutMs: Number.POSITIVE_INFINITY,
  });
  const group = { name: "g", restart: restart("g"), services: [toSpec("a"), toSpec("b")] };
  const supervisor = createSupervisor({ name: "app", services: [group, toSpec("c")] }, { clock });
  const promises: Watched<void>[] = [watch(supervisor.start())];

  async function happen(event: TreeEvent, expected: TreeModel): Promise<void> {
    if (event === "time") return clock.advance(dueIn(expected)!);
    if (event === "stop-tree") return void promises.push(watch(supervisor.stop()));
    const [deed, name] = event.split(" ") as [string, Leaf];
    if (deed === "fail") return puppets[name].fail(new Error("boom"));
    if (deed === "ready" || deed === "end") return puppets[name][deed]();
    promises.push(watch(supervisor[`${deed as "start" | "stop" | "restart"}Service`]("g")));
  }

  function tell(): unknown {
    const nodes = Object.entries(paths).map(([name, path]) => {
      const { state, incarnation, restarts, failures, exit, healthy } = supervisor.status(path);
      return [name, state, incarnation, restarts, failures, exit, healthy];
    });
    const next = Object.values(paths).flatMap((path) => supervisor.status(path).nextAttemptAt ?? []);
    return {
      mode: supervisor.status().state,
      health: supervisor.health().status,
      nodes,
      starts: leaves.map((name) => puppets[name].starts),
      due: next.length > 0 ? Math.min(...next) - clock.now() : null,
      timers: clock.pending > 0,
    };
  }

  function toTold(tree: TreeModel): unknown {
    const due = dueIn(tree);
    return {
      mode: tree.mode,
      health: healthOf(tree),
      nodes: Object.keys(paths).map((name) => {
        const node = tree.nodes[name as Name];
        const { incarnation, restarts, failures, exit } = node;
        return [name, toPublic(node), incarnation, restarts, failures, exit, isHealthy(tree, name as Name)];
      }),
      starts: leaves.map((name) => tree.nodes[name].incarnation),
      due,
      timers: due !== null,
    };
  }

  let expected = treeModel.initial;
  await clock.advance(0);
  for (const [index, event] of path.entries()) {
    await happen(event, expected);
    await clock.advance(0);
    expected = treeModel.next(expected, event);
    expectSame(tell(), toTold(expected), () => path.slice(0, index + 1).join(", "));
  }

  promises.push(watch(supervisor.stop()));
  await clock.advance(0);
  for (const name of leaves) if (puppets[name].live > 0) puppets[name].end();
  await clock.advance(0);
  const left = [clock.pending, promises.filter(({ state }) => state === "pending").length];
  expectSame(left, [0, 0], () => path.join(", "));
}

it("a tree of two levels follows its model, whatever happens", async () => {
  const all = coveringPaths({
    ...treeModel,
    events: (tree) => treeModel.events(tree).filter((event) => !event.endsWith(" g")),
  });
  expect(all.length).toBeGreaterThan(500);
  for (const path of all) await follow(path);
}, 120_000);

it("a tree of two levels follows its model while the user starts, stops and restarts the inner supervisor by hand", async () => {
  const all = coveringPaths({
    ...treeModel,
    initial: (["ready a", "ready b", "ready c"] as const).reduce(treeModel.next, treeModel.initial),
    events: (tree) => treeModel.events(tree).filter((event) => !/ c$|stop-tree|time/.test(event)),
  });
  expect(all.length).toBeGreaterThan(200);
  for (const path of all) await follow(["ready a", "ready b", "ready c", ...path]);
}, 120_000);
