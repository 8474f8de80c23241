// The directory: the fold of the records, who holds what, who is silent, and who may judge.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ClaimRecord,
  type Directory,
  type Entry,
  emptyDirectory,
  escapeName,
  foldEntry,
  holderOf,
  isAlive,
  isEchoFresh,
  nextSilenceAt,
  type SessionRecord,
  silentSessions,
} from "../../../machines/policies/directory.ts";

const session = (node: string, more: Partial<SessionRecord> = {}): SessionRecord => ({
  v: 1,
  least: 1,
  node,
  version: "1",
  labels: {},
  state: "up",
  health: "healthy",
  roles: [],
  down: [],
  startedAt: 0,
  leaseMs: 20_000,
  ...more,
});

const claim = (holder: string, more: Partial<ClaimRecord> = {}): ClaimRecord => ({
  v: 1,
  state: "held",
  node: holder,
  session: holder,
  attempt: "a",
  token: 1,
  failures: 0,
  avoid: [],
  delayMs: 0,
  version: "1",
  ...more,
});

function fold(...entries: (Entry & { at?: number })[]): Directory {
  const directory = emptyDirectory();
  for (const entry of entries) foldEntry(directory, entry, entry.at ?? 0);
  return directory;
}

describe("who holds a claim", () => {
  const held = { key: "r.ledger", value: claim("s1"), revision: 2 };

  it("the session that it names, while that is alive", () => {
    expect(holderOf(fold({ key: "s.s1", value: session("n1"), revision: 1 }, held), "ledger")).toBe("s1");
  });

  it.each<[title: string, entries: Entry[]]>([
    ["nobody ever claimed it", []],
    ["its session has no record", [held]],
    ["its session is gone", [{ key: "s.s1", value: session("n1", { state: "gone" }), revision: 1 }, held]],
    ["its session was removed", [{ key: "s.s1", value: null, revision: 3 }, held]],
    [
      "it was given up",
      [
        { key: "s.s1", value: session("n1"), revision: 1 },
        { key: "r.ledger", value: claim("s1", { state: "free" }), revision: 4 },
      ],
    ],
  ])("nobody: %s", (_, entries) => {
    expect(holderOf(fold(...entries), "ledger")).toBeNull();
  });
});

describe("silence", () => {
  const one = { key: "s.s1", value: session("n1"), revision: 1, at: 1_000 };

  it("begins when the last revision was seen, not when the record says that it was written", () => {
    const directory = fold({ ...one, value: session("n1", { startedAt: 9e15 }) });
    expect(silentSessions(directory, 20_000, 20_999)).toEqual([]);
    expect(silentSessions(directory, 20_000, 21_000)).toEqual(["s1"]);
    expect(nextSilenceAt(directory, "other", 20_000)).toBe(21_000);
    expect(nextSilenceAt(directory, "s1", 20_000)).toBe(Number.POSITIVE_INFINITY);
  });

  it("is ended by a new revision, and only by a new one", () => {
    expect(silentSessions(fold(one, { ...one, revision: 2, at: 5_000 }), 20_000, 24_999)).toEqual([]);
    expect(silentSessions(fold(one, { ...one, at: 5_000 }), 20_000, 24_999)).toEqual(["s1"]);
  });

  it("is not that of a session that is gone", () => {
    const gone = { key: "s.s1", value: session("n1", { state: "gone" }), revision: 2, at: 1_000 };
    expect(silentSessions(fold(one, gone), 20_000, 90_000)).toEqual([]);
    expect(isAlive(fold(one, gone), "s1")).toBe(false);
  });
});

describe("the echo", () => {
  it.each([
    ["its own last write has come back", { echoed: 5, written: 5, writtenAt: 0 }, 9_000, true],
    ["it may come back still", { echoed: 4, written: 5, writtenAt: 8_000 }, 9_999, true],
    ["it has not come back", { echoed: 4, written: 5, writtenAt: 8_000 }, 10_000, false],
  ])("a node may judge: %s", (_, echo, now, expected) => {
    expect(isEchoFresh(echo, 1_000, now)).toBe(expected);
  });
});

describe("the fold", () => {
  it("a name comes back from its key as it was", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_.-]{1,40}$/), (name) => {
        expect(escapeName(name)).toMatch(/^[A-Za-z0-9_-]+$/);
        const directory = fold({ key: `d.${escapeName(name)}`, value: { kind: "singleton" }, revision: 1 });
        expect([...directory.roles.keys()]).toEqual([name]);
      }),
    );
  });

  it("a shard of a role is a claim of its own, whatever dots the name has", () => {
    const directory = fold({ key: `r.${escapeName("in.box")}.17`, value: claim("s1"), revision: 1 });
    expect([...directory.claims.keys()]).toEqual(["in.box/17"]);
  });

  it("the last revision of each key counts, in whatever order entries come", () => {
    const entries = fc.uniqueArray(
      fc.record({ key: fc.constantFrom("s.a", "s.b", "r.x"), revision: fc.integer({ min: 1, max: 50 }) }),
      { selector: ({ revision }) => revision, minLength: 1 },
    );
    fc.assert(
      fc.property(entries, fc.func(fc.integer()), (given, order) => {
        const all = given.map((entry) => ({ ...entry, value: { n: entry.revision } }));
        const shuffled = [...all].sort((a, b) => order(a) - order(b));
        const last = (directory: Directory) =>
          [directory.sessions, directory.claims].flatMap((table) =>
            [...table].map(([name, { revision }]) => `${name} ${revision}`).sort(),
          );
        expect(last(fold(...shuffled))).toEqual(last(fold(...all.sort((a, b) => a.revision - b.revision))));
      }),
    );
  });

  it("drained nodes are remembered until they are undrained", () => {
    const drained = { key: "drain.n_2e1", value: { by: "cli" }, revision: 1 };
    expect([...fold(drained).drained]).toEqual(["n.1"]);
    expect([...fold(drained, { key: "drain.n_2e1", value: null, revision: 2 }).drained]).toEqual([]);
  });
});
