// The protocol of a cluster, exhaustively: every order of messages and faults of a small cluster, over the project's own
// charts and policies.
//
// STATES=300000 looks at so many states with two faults, from each beginning; CI looks at few.

import { describe, expect, it } from "vitest";
import type { Mutants } from "./node.ts";
import { type Search, search } from "./search.ts";
import type { Fault } from "./steps.ts";

const base: Search = { nodes: 2, claims: 1, mostFaults: 1, mutants: {}, mostStates: 100_000, isSeeded: true };
const more = Number(process.env.STATES ?? 0);
const patienceMs = 3_600_000;

function describeFound({ states, depth, isWhole }: ReturnType<typeof search>): string {
  return `${states} states to depth ${depth}${isWhole ? ", which are all" : ""}`;
}

describe("a small cluster", () => {
  it.each<[beginning: string, given: Partial<Search>]>([
    ["one holds it", {}],
    ["one holds it, each write by itself", { isFine: true }],
    ["from nothing", { isSeeded: false }],
    ["two shards", { claims: 2 }],
  ])("no state with one fault breaks an invariant, and all of them are seen: %s", (_, given) => {
    const found = search({ ...base, ...given });
    console.info(`one fault: ${describeFound(found)}`);
    expect([found.violation, found.path]).toEqual([null, []]);
    expect(found.isWhole).toBe(true);
    expect(found.states).toBeGreaterThan(1_000);
  });

  const further: [title: string, given: Partial<Search>][] = [
    ["one fault, from nothing, each write by itself", { mostFaults: 1, isSeeded: false, isFine: true }],
    ["three nodes, one fault", { mostFaults: 1, nodes: 3 }],
    ["two nodes, one role, two faults, one holds it", {}],
    ["two nodes, one role, two faults, from nothing", { isSeeded: false }],
    ["two nodes, two shards, two faults", { claims: 2 }],
    ["two nodes, one role, two faults, one holds it, each write by itself", { isFine: true }],
    ["three nodes, one role, two faults", { nodes: 3 }],
    ["three nodes, two shards, one fault", { nodes: 3, claims: 2, mostFaults: 1 }],
  ];
  it.each(more > 0 ? further : [])(
    "%s",
    (title, given) => {
      const found = search({ ...base, mostFaults: 2, mostStates: more, ...given });
      console.info(`${title}: ${describeFound(found)}`);
      expect([found.violation, found.path]).toEqual([null, []]);
    },
    patienceMs,
  );
});

describe("a mutant of the protocol is caught", () => {
  it.each<[title: string, mutants: Mutants, faults: readonly Fault[], given: Partial<Search>, violation: RegExp]>([
    ["the lease counts from the answer", { countsFromTheAnswer: true }, ["slow", "cut"], {}, /runs on s0.1 and s1.1/],
    ["an expulsion without compare-and-swap", { expelsWithoutCas: true }, ["slow", "freeze"], {}, /runs on/],
    ["the same session after a restart", { keepsTheSession: true }, ["crash"], {}, /runs on/],
    ["a late renewal revives the lease", { revives: true }, ["slow"], {}, /not every claim is held/],
    ["a claim is released while its service runs", { releasesUnstopped: true }, ["stop", "unstopped"], {}, /runs on/],
    [
      "an unknown claim is taken for refused",
      { takesUnknownForRefused: true },
      ["slow"],
      { isSeeded: false, mostFaults: 1, isFine: true },
      /not every claim is held/,
    ],
    [
      "a claim after the backoff takes what is held",
      { claimsWhatIsHeld: true },
      ["crash", "fail"],
      { isSeeded: false },
      /runs on/,
    ],
  ])("%s", (_, mutants, faults, given, violation) => {
    const found = search({ ...base, mostFaults: 2, ...given, mutants, faults });
    expect(found.violation).toMatch(violation);
    console.info(`${found.violation}: ${describeFound(found)}; ${found.path.join("; ")}`);
  });
});
