// The labels of statecharts: whatever state a chart is in, its labels cover neither its states nor each other.

import { expect, it, vi } from "vitest";
import { membershipMachine, roleMachine, serviceMachine, supervisorMachine } from "../../machines/index.ts";
import { toChart } from "../../src/inspector/shared/charts.ts";
import type { ChartNode } from "../../src/inspector/shared/protocol.ts";
import { isWithin, labelFrom } from "../../src/inspector/ui/model/chart-edges.ts";
import { type Area, placeLabels } from "../../src/inspector/ui/model/chart-labels.ts";
import { isLarge } from "../../src/inspector/ui/model/chart-layout.ts";
import { placedChart, stepsTo } from "../../src/inspector/ui/model/chart-ways.ts";

vi.mock("../../src/inspector/ui/model/text-width.ts", () => ({ textWidth: (text: string) => text.length * 7 }));

const rooms = [
  { width: 960, height: 480 },
  { width: 480, height: 480 },
  { width: 360, height: 480 },
];

function leavesOf(node: ChartNode): ChartNode[] {
  return node.children.length === 0 ? [node] : node.children.flatMap(leavesOf);
}

function isOver(a: Area, b: Area): boolean {
  return a.x < b.x + b.width - 1 && b.x < a.x + a.width - 1 && a.y < b.y + b.height - 1 && b.y < a.y + a.height - 1;
}

it.each([
  ["service", serviceMachine],
  ["supervisor", supervisorMachine],
  ["membership", membershipMachine],
  ["role", roleMachine],
])("of a %s cover no state and no other label", (name, machine) => {
  const chart = toChart(name, machine);
  const found: string[] = [];
  let [all, hidden] = [0, 0];
  for (const room of rooms) {
    const isBrief = isLarge(chart);
    for (const _ of stepsTo(chart, isBrief, room));
    const placed = placedChart(chart, isBrief, room)!;
    const states = placed.nodes
      .filter(({ node }) => node.children.length === 0)
      .map(({ node, x, y, width, height }) => ({ id: node.id, x: x - width / 2, y: y - height / 2, width, height }));
    for (const { id } of leavesOf(chart.root)) {
      const active = new Set(placed.nodes.map(({ node }) => node.id).filter((one) => isWithin(id, one)));
      const labels = placed.edges.map((one) => {
        const kind = one.edge.edges.some(({ source }) => active.has(source))
          ? ("leaving" as const)
          : ("plain" as const);
        return { placed: one, kind, lines: kind === "plain" ? [one.edge.brief] : labelFrom(one.edge, active) };
      });
      const places = placeLabels(labels, placed.nodes, placed);
      const shown = places.flatMap((place, index) => (place === null ? [] : [{ ...place, label: labels[index]! }]));
      all += places.length;
      hidden += places.length - shown.length;
      for (const [index, place] of shown.entries()) {
        const where = `${room.width} ${id}: ${place.label.kind} ${place.label.placed.edge.key}`;
        for (const state of states) if (isOver(place, state)) found.push(`${where} over the state ${state.id}`);
        for (const other of shown.slice(index + 1)) {
          if (isOver(place, other)) found.push(`${where} over ${other.label.kind} ${other.label.placed.edge.key}`);
        }
      }
    }
  }
  expect(found).toEqual([]);
  expect(hidden / all).toBeLessThan(0.15);
});
