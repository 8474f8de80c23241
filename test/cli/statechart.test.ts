// Statecharts as text, shown on one small machine that has everything.

import { describe, expect, it } from "vitest";
import { createMachine } from "xstate";
import { probeMachine, serviceMachine, supervisorMachine, toStatechart } from "../../machines/index.ts";
import { formatStatechart, type StatechartFormat } from "../../src/cli/format-statechart.ts";

const door = createMachine({
  id: "door",
  initial: "closed",
  on: { knock: { actions: "bark" } },
  states: {
    closed: { entry: "lock", exit: "unlock", on: { open: [{ guard: "isLocked" }, { target: "ajar.wide" }] } },
    ajar: {
      initial: "narrow",
      on: { close: "closed" },
      states: { narrow: { on: { push: "wide" } }, wide: { after: { slam: "#door.broken" } } },
    },
    broken: { type: "final" },
  },
});

const lines = (format: StatechartFormat) => formatStatechart(door, format).split("\n");

it("a chart lists its states depth first, and its transitions in the order in which they are tried", () => {
  const { id, states, transitions } = toStatechart(door);
  expect(id).toBe("door");
  expect(states.map(({ path, kind, initial }) => [path, kind, initial])).toEqual([
    ["", "compound", "closed"],
    ["closed", "atomic", null],
    ["ajar", "compound", "ajar.narrow"],
    ["ajar.narrow", "atomic", null],
    ["ajar.wide", "atomic", null],
    ["broken", "final", null],
  ]);
  expect(states[1]).toMatchObject({ entry: ["lock"], exit: ["unlock"] });
  const shown = transitions.map(({ from, event, guard, to, actions }) => ({ from, event, guard, to, actions }));
  expect(shown).toEqual([
    { from: "", event: "knock", guard: null, to: null, actions: ["bark"] },
    { from: "closed", event: "open", guard: "isLocked", to: null, actions: [] },
    { from: "closed", event: "open", guard: null, to: ["ajar.wide"], actions: [] },
    { from: "ajar", event: "close", guard: null, to: ["closed"], actions: [] },
    { from: "ajar.narrow", event: "push", guard: null, to: ["ajar.wide"], actions: [] },
    { from: "ajar.wide", event: "after slam", guard: null, to: ["broken"], actions: [] },
  ]);
});

it("what has no name is called inline", () => {
  const machine = createMachine({ id: "x", on: { go: { guard: () => true, actions: () => {} } } });
  expect(toStatechart(machine).transitions).toMatchObject([{ guard: "(inline)", actions: ["(inline)"] }]);
});

it("text is an outline", () => {
  expect(lines("text")).toEqual([
    "door",
    "    knock / bark",
    "  closed (initial), on entry lock, on exit unlock",
    "      open [isLocked]",
    "      open -> ajar.wide",
    "  ajar",
    "      close -> closed",
    "    narrow (initial)",
    "        push -> ajar.wide",
    "    wide",
    "        after slam -> broken",
    "  broken",
  ]);
});

it("mermaid draws one arrow between two states, to the border of one that it enters, at the top", () => {
  expect(lines("mermaid")).toEqual([
    "stateDiagram-v2",
    "  [*] --> closed",
    '  state "closed" as closed',
    '  state "ajar" as ajar {',
    "    [*] --> ajar_narrow",
    '    state "narrow" as ajar_narrow',
    '    state "wide" as ajar_wide',
    "  }",
    '  state "broken" as broken',
    "  broken --> [*]",
    "  closed --> ajar : open",
    "  ajar --> closed : close",
    "  ajar_narrow --> ajar_wide : push",
    "  ajar_wide --> broken : after slam",
  ]);
});

it("dot cuts an arrow at the border of the cluster that it enters or leaves", () => {
  expect(lines("dot")).toEqual([
    'digraph "door" {',
    "  compound=true",
    "  node [shape=box style=rounded]",
    '  "start " [shape=point]',
    '  "closed" [label="closed"]',
    '  subgraph "cluster ajar" {',
    '    label="ajar" style=rounded',
    '    "start ajar" [shape=point]',
    '    "ajar.narrow" [label="narrow"]',
    '    "ajar.wide" [label="wide"]',
    '    "start ajar" -> "ajar.narrow"',
    "  }",
    '  "broken" [label="broken"]',
    '  "start " -> "closed"',
    '  "closed" -> "ajar.narrow" [label="open" lhead="cluster ajar"]',
    '  "ajar.narrow" -> "closed" [label="close" ltail="cluster ajar"]',
    '  "ajar.narrow" -> "ajar.wide" [label="push"]',
    '  "ajar.wide" -> "broken" [label="after slam"]',
    "}",
  ]);
});

it("markdown is a table of transitions", () => {
  expect(lines("markdown").slice(0, 5)).toEqual([
    "| in | on | if | goes to | and does |",
    "| --- | --- | --- | --- | --- |",
    "| any | `knock` |  | stays | `bark` |",
    "| `closed` | `open` | `isLocked` | stays |  |",
    "| `closed` | `open` |  | `ajar.wide` |  |",
  ]);
});

it("json is the chart as data", () => {
  expect(JSON.parse(formatStatechart(door, "json"))).toEqual(toStatechart(door));
});

it("a transition from a state into itself is an arrow from each of the others inside", () => {
  const arrows = formatStatechart(probeMachine, "mermaid");
  expect(arrows).toContain("verdict_passing --> verdict_off : probe.stop");
  expect(arrows).not.toContain("verdict_off --> verdict_off");
});

describe.each([
  ["service", serviceMachine],
  ["supervisor", supervisorMachine],
  ["probe", probeMachine],
] as const)("the %s chart", (_, machine) => {
  it("names every guard, action and delay", () => {
    expect(formatStatechart(machine, "json")).not.toContain("(inline)");
  });

  it("is drawn with every state", () => {
    const { states } = toStatechart(machine);
    for (const format of ["text", "mermaid", "dot"] as const) {
      const text = formatStatechart(machine, format);
      for (const { name } of states.slice(1)) expect(text).toContain(name);
    }
  });
});

it("xstate is a module that makes the same chart", async () => {
  for (const machine of [serviceMachine, supervisorMachine, probeMachine]) {
    const module = formatStatechart(machine, "xstate");
    expect(module).toMatch(
      new RegExp(`^import \\{ createMachine \\} from "xstate";\n\nexport const ${machine.id}Machine = `),
    );
    const literal = module.slice(module.indexOf("createMachine("), -1);
    const made = new Function("createMachine", `return ${literal}`)(createMachine);
    const shapeOf = (one: typeof machine) => formatStatechart(one, "markdown");
    expect(shapeOf(made)).toBe(shapeOf(machine as never));
  }
});
