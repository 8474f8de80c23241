// Where the dots of a chart stand: where a level begins, and where the transitions of all of its states come from.

import { describe, expect, it, vi } from "vitest";
import { createMachine } from "xstate";
import { toChart } from "../../src/inspector/shared/charts.ts";
import { layOut } from "../../src/inspector/ui/model/chart-layout.ts";

vi.mock("../../src/inspector/ui/model/text-width.ts", () => ({ textWidth: (text: string) => text.length * 7 }));

const machine = createMachine({
  id: "session",
  initial: "idle",
  states: {
    idle: { on: { "*": { target: "idle", reenter: true }, open: "ready" } },
    ready: { initial: "browsing", states: { browsing: {}, buying: {} }, on: { buy: ".buying", leave: "idle" } },
  },
});

describe("the dots of a chart", () => {
  const { dots, nodes, edges } = layOut(toChart("session", machine), { isBrief: false, isTall: false, isWide: false });
  const boxOf = (id: string) => nodes.find(({ node }) => node.id === id)!;

  it("stand where their lines begin", () => {
    const own = dots.filter(({ initial }) => initial !== null);
    expect(own.map(({ initial }) => initial).sort()).toEqual(["idle", "ready.browsing"]);
    for (const { x, y, points } of own) expect(Math.hypot(points[0]!.x - x, points[0]!.y - y)).toBeLessThanOrEqual(8);
    const buy = edges.find(({ edge }) => edge.key.includes("buying"))!;
    const any = dots.find(({ initial }) => initial === null)!;
    expect(Math.hypot(buy.points[0]!.x - any.x, buy.points[0]!.y - any.y)).toBeLessThanOrEqual(8);
  });

  it("have lines that end at their states, also at one with an ear", () => {
    for (const { initial, points } of dots) {
      if (initial === null) continue;
      const [box, end] = [boxOf(initial), points.at(-1)!];
      const isAtEdge =
        Math.abs(Math.abs(end.x - box.x) - box.width / 2) < 1 || Math.abs(Math.abs(end.y - box.y) - box.height / 2) < 1;
      expect([initial, isAtEdge]).toEqual([initial, true]);
    }
  });
});
