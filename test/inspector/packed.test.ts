// The tree and its rows as the stream sends them: nothing is lost, and little is said twice.

import { expect, it } from "vitest";
import { createSupervisor } from "../../src/index.ts";
import { look } from "../../src/inspector/record/look.ts";
import { toPlainTree } from "../../src/inspector/record/plain-tree.ts";
import { toState } from "../../src/inspector/shared/history.ts";
import { packState, packTree, unpackState, unpackTree } from "../../src/inspector/shared/packed.ts";
import type { State } from "../../src/inspector/shared/protocol.ts";

const start = () => 1;

/** `count` services in two supervisors, one of which is in the other, with dependencies. */
function grow(count: number): ReturnType<typeof createSupervisor> {
  const services = Array.from({ length: count }, (_, n) => ({
    name: `service-${n}`,
    start,
    ...(n > 0 && n % 3 === 0 && { dependsOn: [`service-${n - 1}`, { service: `service-${n - 2}`, required: false }] }),
    ...(n % 5 === 0 && { meta: { owner: `team ${n}` } }),
  }));
  return createSupervisor({
    name: "app",
    meta: { place: "here" },
    services: [
      {
        name: "inner",
        strategy: "rest-for-one",
        services: [
          { name: "only", start },
          { name: "deep", services },
        ],
      },
      { name: "last", start, dependsOn: ["inner"] },
    ],
  });
}

function stateOf(supervisor: ReturnType<typeof createSupervisor>): State {
  return toState(look(supervisor, () => null as never));
}

it("unpacks a tree as it was", () => {
  const tree = toPlainTree(grow(20).describe());
  const sent = JSON.parse(JSON.stringify(packTree(tree)));
  expect(unpackTree(sent)).toEqual(JSON.parse(JSON.stringify(tree)));
});

it("unpacks rows as they were, those of removed services too", () => {
  const supervisor = grow(20);
  const tree = toPlainTree(supervisor.describe());
  const state = stateOf(supervisor);
  const [row] = state.rows;
  const gone = { ...row!, path: "app/gone", since: 12.5, error: { name: "Error", message: "it went" } };
  const known = { ...state, rows: [...state.rows.reverse(), gone] };
  const sent = JSON.parse(JSON.stringify(packState(known, tree)));
  expect(unpackState(sent, tree)).toEqual(JSON.parse(JSON.stringify(known)));
});

it("does not give a row what only the one before it has", () => {
  const supervisor = grow(2);
  const tree = toPlainTree(supervisor.describe());
  const state = stateOf(supervisor);
  const [, row, next] = state.rows;
  const known = {
    ...state,
    rows: [
      { ...row!, note: "running on n1" },
      { ...row!, path: next!.path },
    ],
  };
  const sent = JSON.parse(JSON.stringify(packState(known, tree)));
  expect(unpackState(sent, tree).rows.map((row) => row.note)).toEqual(["running on n1", undefined]);
});

it("sends what services have in common once", () => {
  const sizesOf = (count: number) => {
    const supervisor = grow(count);
    const tree = toPlainTree(supervisor.describe());
    const state = stateOf(supervisor);
    return [
      [tree, state],
      [packTree(tree), packState(state, tree)],
    ].map((one) => JSON.stringify(one).length) as [number, number];
  };
  const [few, many] = [sizesOf(200), sizesOf(300)];
  expect((many[1] - few[1]) * 5).toBeLessThan(many[0] - few[0]);
});
