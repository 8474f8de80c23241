// Placement: the same plan on every node, even shares, and no move that is not needed.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Candidate,
  compareVersions,
  type Placeable,
  type Plan,
  placeRoles,
  rankOf,
} from "../../../machines/policies/placement.ts";

const member = (node: string, more: Partial<Candidate> = {}): Candidate => ({
  session: `s-${node}`,
  node,
  version: "1.0.0",
  roles: ["ledger", "inbox"],
  ...more,
});

const role = (claim: string, more: Partial<Placeable> = {}): Placeable => ({
  claim,
  role: claim.split(".")[0]!,
  holder: null,
  to: null,
  avoid: [],
  last: null,
  pinned: null,
  ...more,
});

const shards = (count: number) => Array.from({ length: count }, (_, shard) => role(`inbox.${shard}`));
const members = (count: number) => Array.from({ length: count }, (_, index) => member(`n${index}`));

/** The roles as they are once the plan is carried out. */
const carriedOut = (roles: readonly Placeable[], plan: Plan) =>
  roles.map((one) => ({ ...one, holder: plan.get(one.claim) ?? null }));

function sharesOf(plan: Plan, candidates: readonly Candidate[]): number[] {
  return candidates.map(({ session }) => [...plan.values()].filter((one) => one === session).length);
}

const counts = fc.record({ nodes: fc.integer({ min: 1, max: 9 }), roles: fc.integer({ min: 1, max: 80 }) });

describe("shares", () => {
  it("differ by at most one", () => {
    fc.assert(
      fc.property(counts, ({ nodes, roles }) => {
        const shares = sharesOf(placeRoles(members(nodes), shards(roles)), members(nodes));
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(roles);
      }),
    );
  });

  it("differ by at most one after nodes have come and gone, and only what must move has moved", () => {
    fc.assert(
      fc.property(
        counts,
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }),
        ({ nodes, roles: count }, changes) => {
          let roles = carriedOut(shards(count), placeRoles(members(nodes), shards(count)));
          for (const size of changes) {
            const now = members(size);
            const plan = placeRoles(now, roles);
            const shares = sharesOf(plan, now);
            expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
            const isHere = (session: string | null) => now.some((one) => one.session === session);
            const moved = roles.filter(({ claim, holder }) => isHere(holder) && plan.get(claim) !== holder);
            const held = now.map(({ session }) => roles.filter(({ holder }) => holder === session).length);
            // What each has above its share, where the larger shares go to those that hold most.
            const extra = count % size;
            const quotas = [...held]
              .sort((a, b) => b - a)
              .map((_, index) => Math.floor(count / size) + (index < extra ? 1 : 0));
            const least = [...held]
              .sort((a, b) => b - a)
              .reduce((sum, one, index) => sum + Math.max(0, one - quotas[index]!), 0);
            expect(moved).toHaveLength(least);
            roles = carriedOut(roles, plan);
          }
        },
      ),
    );
  });
});

describe("a plan", () => {
  it("does not depend on the order of nodes and roles", () => {
    fc.assert(
      fc.property(counts, fc.func(fc.integer()), ({ nodes, roles }, order) => {
        const by = <T>(items: readonly T[]) => [...items].sort((a, b) => order(a) - order(b));
        const plan = placeRoles(members(nodes), shards(roles));
        const other = placeRoles(by(members(nodes)), by(shards(roles)));
        expect([...other].sort()).toEqual([...plan].sort());
      }),
    );
  });

  it("is carried out once: the plan for what it leads to is the same plan", () => {
    fc.assert(
      fc.property(counts, ({ nodes, roles }) => {
        const plan = placeRoles(members(nodes), shards(roles));
        expect([...placeRoles(members(nodes), carriedOut(shards(roles), plan))].sort()).toEqual([...plan].sort());
      }),
    );
  });

  it("places what is left alike for nodes that have seen all, some or none of the claims that were made by it", () => {
    const seen = fc.array(fc.boolean(), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 3, 5, 6), seen, (nodes, isSeen) => {
        const plan = placeRoles(members(nodes), shards(60));
        const partly = carriedOut(shards(60), plan).map((one, at) => (isSeen[at] ? one : { ...one, holder: null }));
        expect(placeRoles(members(nodes), partly)).toEqual(plan);
      }),
    );
  });

  it("leaves a role with its holder, whatever version the others have", () => {
    const holder = member("old");
    const plan = placeRoles([holder, member("new", { version: "2" })], [role("ledger", { holder: holder.session })]);
    expect(plan.get("ledger")).toBe(holder.session);
  });

  it("gives a free role to the newest version", () => {
    const all = [
      member("a", { version: "1.9.0" }),
      member("b", { version: "1.10.0" }),
      member("c", { version: "1.2" }),
    ];
    expect(placeRoles(all, [role("ledger")]).get("ledger")).toBe("s-b");
  });

  it("gives a free role to the session that it is handed to, else to the node that held it last", () => {
    const all = members(5);
    for (const { session, node } of all) {
      expect(placeRoles(all, [role("ledger", { to: session })]).get("ledger")).toBe(session);
      expect(placeRoles(all, [role("ledger", { last: node })]).get("ledger")).toBe(session);
    }
  });

  it("gives a role to the node that an operator moves it to, whoever holds it, unless that node would not take it", () => {
    const all = members(3);
    const held = role("ledger", { holder: "s-n0" });
    expect(placeRoles(all, [{ ...held, pinned: "n2" }]).get("ledger")).toBe("s-n2");
    expect(placeRoles(all, [{ ...held, pinned: "n9" }]).get("ledger")).toBe("s-n0");
  });

  it("avoids the nodes on which a role has failed, until it has failed on all", () => {
    const all = members(3);
    const place = (avoid: string[]) => placeRoles(all, [role("ledger", { avoid })]).get("ledger");
    expect(place(["n0", "n1"])).toBe("s-n2");
    expect(place(["n0", "n1", "n2"])).toBe(place([]));
    const failing = role("ledger", { holder: "s-n0", avoid: ["n0"] });
    expect(placeRoles(all, [failing]).get("ledger")).not.toBe("s-n0");
  });

  it("gives a role to nobody if no node would take it", () => {
    expect(placeRoles([member("a", { roles: ["other"] })], [role("ledger")]).get("ledger")).toBeNull();
    expect(placeRoles([], [role("ledger")]).get("ledger")).toBeNull();
  });

  it("spreads different singletons over the nodes", () => {
    const names = Array.from({ length: 300 }, (_, index) => `role${index}`);
    const all = members(3).map((one) => ({ ...one, roles: names }));
    const shares = sharesOf(
      placeRoles(
        all,
        names.map((name) => role(name)),
      ),
      all,
    );
    expect(Math.min(...shares)).toBeGreaterThan(60);
  });
});

describe("versions", () => {
  it.each([
    ["1.10.0", "1.9.3", 1],
    ["2", "2.0.0", 0],
    ["v1.2.3", "1.2.4", -1],
    ["", "", 0],
    ["", "0.1", -1],
  ])("%s against %s", (a, b, expected) => {
    expect(Math.sign(compareVersions(a, b))).toBe(expected);
  });
});

it("the judges of a silent session have ranks of their own, from 0 on", () => {
  const judges = ["a", "b", "c", "d"];
  for (const silent of ["x", "y", "z"]) {
    expect(judges.map((judge) => rankOf(judge, judges, silent)).sort()).toEqual([0, 1, 2, 3]);
  }
});

describe("a role that does not prefer the newest version", () => {
  it("is placed as if all had the same one", () => {
    const nodes = Array.from({ length: 5 }, (_, index) => member(`n${index}`, { version: `${index}.0.0` }));
    const plain = members(5);
    const free = Array.from({ length: 20 }, (_, index) => role(`role-${index}`, { role: "ledger" }));
    for (const one of free) {
      const ignoring = placeRoles(nodes, [{ ...one, ignoresVersion: true }]);
      expect([...ignoring]).toEqual([...placeRoles(plain, [one])]);
      expect([...placeRoles(nodes, [one])]).toEqual([[one.claim, "s-n4"]]);
    }
  });
});
