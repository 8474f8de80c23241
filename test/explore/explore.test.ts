// The small trees break no invariant, whatever sequence of commands they are given. DEPTH says how long the sequences are
// (1), or SECONDS_OF_EXPLORING how long to go on; ONLY chooses trees by a part of their name. See README.md.

import { expect, it } from "vitest";
import { createSupervisor } from "../../src/index.ts";
import type { Command } from "../world/commands.ts";
import { replay } from "../world/world.ts";
import { explore, formatOutcome, formatViolations } from "./campaign.ts";
import { Explorer, type Subject } from "./explorer.ts";
import { service, subjects } from "./subjects.ts";

const seconds = Number(process.env.SECONDS_OF_EXPLORING ?? Number.POSITIVE_INFINITY);
const depth = Number(process.env.DEPTH ?? (process.env.SECONDS_OF_EXPLORING ? Number.POSITIVE_INFINITY : 1));
const chosen = subjects.filter(({ name }) => name.includes(process.env.ONLY ?? ""));
// A stack trace costs more than the rest of a short history.
Error.stackTraceLimit = 0;

it("no sequence of commands breaks an invariant of a small tree", { timeout: 2 * 3_600_000 }, async () => {
  const rejected: unknown[] = [];
  const note = (reason: unknown) => rejected.push(reason);
  process.on("unhandledRejection", note);
  const outcome = await explore(chosen, { seconds, depth });
  process.off("unhandledRejection", note);
  console.log(formatOutcome(outcome));
  expect(formatViolations(outcome)).toBe("");
  expect(rejected).toEqual([]);
});

/** Two services of which neither can affect the other. */
const strangers: Subject = {
  name: "strangers",
  tree: { strategy: "one-for-one", services: [service("a", { critical: false }), service("b", { critical: false })] },
  commands: [
    ["next"],
    ...["a", "b"].flatMap((name): Command[] => [
      ["fail", name],
      ["deaf", name, true],
      ["startService", name],
      ["stopService", name],
    ]),
  ],
};

it("one order of independent commands reaches every state that all orders reach", { timeout: 120_000 }, async () => {
  const reduced = new Explorer(strangers);
  const exhaustive = new Explorer(strangers, { isExhaustive: true });
  for (let level = 0; level < 3; level++) for (const one of [reduced, exhaustive]) await one.deepen();
  expect(reduced.keys).toEqual(exhaustive.keys);
  expect(reduced.histories).toBeLessThan(exhaustive.histories);
});

/** A handle whose stopService stops nothing. */
const plant: typeof createSupervisor = (spec, options) =>
  new Proxy(createSupervisor(spec, options), {
    get: (target, key) => (key === "stopService" ? async () => {} : bound(target, Reflect.get(target, key))),
  });

function bound(target: object, member: unknown): unknown {
  return typeof member === "function" ? member.bind(target) : member;
}

it("a violation comes as the shortest script that shows it", { timeout: 120_000 }, async () => {
  const outcome = await explore([strangers], { depth: 3 }, undefined, { create: plant });
  const { violation } = outcome.explorers[0]!;
  expect(violation?.history.commands).toEqual([["stopService", "a"]]);
  await expect(replay(violation!.history, { create: plant })).rejects.toThrow(violation!.message);
  await replay(violation!.history);
  const pasted = formatViolations(outcome).match(/await (replay\([\s\S]*)\n\}\);/)![1]!;
  expect(new Function("replay", `return ${pasted}`)((history: unknown) => history)).toEqual(violation!.history);
});

it("a removal that is refused is not taken for a stop", async () => {
  const tree = { services: [service("a"), service("b", { dependsOn: [{ service: "a" }] })] };
  const commands: Command[] = [["stopService", "a"], ["startService", "a"], ["removeService", "a"], ["next"]];
  await replay({ tree, commands });
});
