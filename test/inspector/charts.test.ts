// Charts as plain data: the page draws what the machine says.

import { describe, expect, it } from "vitest";
import { fromPromise, setup } from "xstate";
import { probeMachine, serviceMachine, supervisorMachine } from "../../machines/index.ts";
import { toChart } from "../../src/inspector/shared/charts.ts";
import type { ChartNode } from "../../src/inspector/shared/protocol.ts";

const idsOf = (node: ChartNode): string[] => [node.id, ...node.children.flatMap(idsOf)];

describe("a chart", () => {
  it("has every state of the machine, nested as it is", () => {
    const { root } = toChart("service", serviceMachine);
    expect(idsOf(root)).toEqual([
      "",
      "stopped",
      "stopped.idle",
      "stopped.byHand",
      "stopped.completed",
      "stopped.dismissed",
      "stopped.grouped",
      "stopped.scheduled",
      "starting",
      "starting.waiting",
      "starting.delaying",
      "starting.launching",
      "running",
      "running.healthy",
      "running.unhealthy",
      "stopping",
      "judging",
      "backoff",
      "backoff.counting",
      "backoff.held",
      "failed",
      "failed.forGood",
      "failed.grouped",
      "failed.scheduled",
    ]);
    expect(root.children.find(({ id }) => id === "starting")).toMatchObject({
      type: "compound",
      initial: "starting.waiting",
    });
  });

  it("has guards, delays and actions by their names", () => {
    const { edges } = toChart("service", serviceMachine);
    expect(edges).toContainEqual({
      source: "backoff.counting",
      target: "starting.launching",
      event: "xstate.after.backoff.service.backoff.counting",
      label: "after backoff",
      guard: null,
      actions: ["countRestart"],
      internal: false,
    });
    expect(edges).toContainEqual(
      expect.objectContaining({ source: "starting.waiting", target: "starting.delaying", guard: "isToDelay" }),
    );
    expect(edges).toContainEqual(
      expect.objectContaining({ source: "stopping", label: "after stopTimeout", actions: ["abandon"], internal: true }),
    );
  });

  it("has the transitions without an event, which XState's own graph leaves out", () => {
    const { edges, root } = toChart("supervisor", supervisorMachine);
    expect(root.type).toBe("parallel");
    expect(edges.filter(({ label }) => label === "always").map(({ source, target }) => [source, target])).toEqual([
      ["health.degraded", "health.unhealthy"],
      ["health.healthy", "health.unhealthy"],
    ]);
  });

  it("names what a machine of the user's invokes, and what becomes of it", () => {
    const machine = setup({ actors: { job: fromPromise(async () => 1) } }).createMachine({
      id: "oven",
      initial: "baking",
      states: {
        baking: { invoke: { src: "job", id: "bread", onDone: "done", onError: "burnt" }, after: { 500: "burnt" } },
        done: { type: "final" },
        burnt: { always: [{ guard: ({ context }) => Boolean(context), target: "done" }] },
      },
    });
    const { root, edges, name } = toChart("actor-1", machine);
    expect(name).toBe("oven");
    expect(root.children[0]!.invokes).toEqual(["bread (job)"]);
    expect(edges.map(({ label, target }) => `${label} -> ${target}`).sort()).toEqual([
      "after 500 ms -> burnt",
      "always -> done",
      "done(bread) -> done",
      "error(bread) -> burnt",
    ]);
    expect(edges.find(({ label }) => label === "always")!.guard).not.toBe(null);
  });

  it("is read from a machine that another copy of XState has made", () => {
    const { root } = setup({}).createMachine({ initial: "a", states: { a: {} } });
    const foreign = { id: "foreign", root } as unknown as Parameters<typeof toChart>[1];
    expect(toChart("m", foreign).root.children.map(({ name }) => name)).toEqual(["a"]);
  });

  it("says whether a history state remembers one level or all", () => {
    const machine = setup({}).createMachine({
      initial: "a",
      states: { a: {}, level: { type: "history" }, all: { type: "history", history: "deep" } },
    });
    const remembered = toChart("m", machine).root.children.map(({ name, history }) => [name, history]);
    expect(remembered).toEqual([
      ["a", undefined],
      ["level", "shallow"],
      ["all", "deep"],
    ]);
  });

  it("of logic that is not a machine has the states of every actor", () => {
    const { root } = toChart(
      "actor-1",
      fromPromise(async () => 1),
    );
    expect(root.children.map(({ id }) => id)).toEqual(["active", "done", "error", "stopped"]);
  });

  it("survives JSON unchanged", () => {
    for (const machine of [serviceMachine, supervisorMachine, probeMachine]) {
      const chart = toChart("one", machine);
      expect(JSON.parse(JSON.stringify(chart))).toEqual(chart);
    }
  });
});
