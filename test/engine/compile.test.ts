// Which charts the engine runs, and which events it ignores.

import { describe, expect, it } from "vitest";
import type { AnyStateMachine } from "xstate";
import type { ChartConfig } from "../../machines/chart.ts";
import type { SupervisorEvent } from "../../machines/events.ts";
import { supervisorChart } from "../../machines/supervisor.ts";
import { RunnableChart } from "../../src/engine/charts.ts";
import { Compiled } from "../../src/engine/compile.ts";
import { supervisorRules } from "./chart-events.ts";
import { briefOf, runActor, runEngine } from "./chart-runs.ts";

it.each(["constructor", "toString", "__proto__", "unheard.of", ""])("an event of the type %j is ignored", (type) => {
  const start: SupervisorEvent = { type: "supervisor.start" };
  const [engine, xstate] = [runEngine(new RunnableChart(supervisorChart)), runActor(supervisorChart.machine())];
  const steps = [start, { type }];
  expect(briefOf(engine(supervisorRules[0], steps))).toEqual(briefOf(xstate(supervisorRules[0], steps)));
});

const noParts = { recipes: {}, effects: { act: () => {} }, guards: {}, combinations: {}, delays: {} };

function compile(config: Omit<ChartConfig, "id" | "context">): Compiled<AnyStateMachine> {
  const machine = () => {
    throw new Error("not needed");
  };
  return new Compiled({ config: { id: "top", context: () => ({}), ...config }, parts: noParts, machine });
}

describe("a chart that it cannot run is refused:", () => {
  it.each<[string, Omit<ChartConfig, "id" | "context">]>([
    ["an initial state that does something", { initial: "a", states: { a: { entry: "act" } } }],
    ["regions inside of a state", { initial: "a", states: { a: {}, b: { type: "parallel", states: { c: {} } } } }],
    [
      "a step from one region into another",
      {
        type: "parallel",
        states: {
          left: { initial: "a", states: { a: { on: { go: "#top.right.b" } } } },
          right: { initial: "b", states: { b: {} } },
        },
      },
    ],
    ["events of all regions", { type: "parallel", on: { go: {} }, states: { left: {}, right: {} } }],
    ["an action that is not among its parts", { initial: "a", states: { a: { on: { go: { actions: "unknown" } } } } }],
    ["a target that does not exist", { initial: "a", states: { a: { on: { go: "b" } } } }],
    ["no initial state", { states: { a: {} } }],
  ])("%s", (_, config) => {
    expect(() => compile(config).at(0).choiceFor("go")).toThrow(/cannot compile/);
  });
});

describe("of several transitions for an event, as in XState,", () => {
  const on = { "a.*": "wide", "a.b.*": "narrow", "a.b.c": "exact" };
  const states = { from: { on }, wide: {}, narrow: {}, exact: {} };
  const chart = compile({ initial: "from", states });
  const after = (type: string) => {
    const taker = { own() {}, setTimer() {}, clearTimer() {} };
    return chart.advance(chart.at(0), { context: {}, event: { type }, isChanged: false }, taker)?.value ?? null;
  };

  it.each([
    ["a.b.c", "exact"],
    ["a.b.d", "narrow"],
    ["a.b", "narrow"],
    ["a.d", "wide"],
    ["a", "wide"],
    ["ab", null],
  ])("the one with the longest name is tried first: %s", (type, value) => {
    expect(after(type)).toBe(value);
  });
});
