// The machines that an actor of the user's invokes or spawns: their charts are recorded with its own.

import { describe, expect, it } from "vitest";
import { assign, fromPromise, setup } from "xstate";
import { supervised } from "../../src/index.ts";
import { Recorder } from "../../src/inspector/record/recorder.ts";
import { toChart } from "../../src/inspector/shared/charts.ts";
import type { Recording } from "../../src/inspector/shared/protocol.ts";
import { stepOf } from "../../src/inspector/ui/model/chart-steps.ts";
import { History } from "../../src/inspector/ui/model/history.ts";
import { createScenario } from "../support/scenario.ts";

const worker = setup({}).createMachine({
  id: "worker",
  initial: "idle",
  states: { idle: { on: { work: "busy" } }, busy: { on: { rest: "idle" } } },
});

const office = setup({
  types: { context: {} as { hired: number } },
  actors: { clerk: worker },
}).createMachine({
  id: "office",
  context: { hired: 0 },
  invoke: { id: "clerk-1", src: "clerk" },
  on: {
    work: { actions: ({ self }) => self.getSnapshot().children["clerk-1"]?.send({ type: "work" }) },
    hire: {
      actions: assign(({ context: { hired }, spawn }) => {
        spawn("clerk", { id: `temp-${hired}` });
        return { hired: hired + 1 };
      }),
    },
  },
});

async function recordOffice() {
  const scenario = createScenario({ services: [{ name: "office", actor: office }] });
  const { supervisor, start } = scenario;
  const recorder = new Recorder(supervisor, { historySize: 10_000, messages: true, include: new Set() });
  await start();
  const send = (type: string) => supervisor.actorsOf("app/office").actor!.send({ type });
  const read = () => History.fromRecording(JSON.parse(JSON.stringify(recorder.record())) as Recording);
  return { ...scenario, send, read };
}

describe("the machines of an actor of the user's", () => {
  it("have charts and steps of their own", async () => {
    const { send, read } = await recordOffice();
    send("work");
    const history = read();
    const step = stepOf(history, history.at(null), "app/office", "actor", "clerk-1")!;
    expect([...step.active]).toEqual(["busy"]);
    expect([...step.before!]).toEqual(["idle"]);
    expect(step.event).toBe("work");
    expect(history.charts[step.chart]!.name).toBe("worker");
    expect(stepOf(history, history.at(step.n - 1), "app/office", "actor", "clerk-1")!.active).toContain("idle");
    // Those of the actor itself are not mixed up with them.
    expect(history.charts[stepOf(history, history.at(null), "app/office", "actor")!.chart]!.name).toBe("office");
  });

  it("are kept in bounds, and forgotten when the actor begins anew", async () => {
    const { supervisor, send, read } = await recordOffice();
    for (let i = 0; i < 50; i++) send("hire");
    const childrenOf = (history: History) =>
      Object.keys(history.at(null).charts.get("actor app/office")?.children ?? {});
    const children = childrenOf(read());
    expect(children).toHaveLength(20);
    expect(children.at(-1)).toBe("temp-49");
    await supervisor.restartService("app/office");
    expect(childrenOf(read())).toEqual(["clerk-1"]);
  });

  it("are drawn with the life of one that is supervised: a backoff and a restart are steps of it", async () => {
    const download = supervised(
      fromPromise(() => Promise.reject(new Error("connection reset"))),
      { restart: { initialBackoffMs: 100, jitter: false } },
    );
    const house = setup({ actors: { download } }).createMachine({ invoke: { id: "plan", src: "download" } });
    const { supervisor, start, clock } = createScenario({ services: [{ name: "house", actor: house }] });
    const recorder = new Recorder(supervisor, { historySize: 10_000, messages: true, include: new Set() });
    await start();
    await clock.advance(0);
    const read = () => History.fromRecording(JSON.parse(JSON.stringify(recorder.record())) as Recording);
    const history = read();
    const step = stepOf(history, history.at(null), "app/house", "actor", "plan")!;
    expect([...step.active]).toContain("backoff.counting");
    expect(history.charts[step.chart]!.name).toBe("service");
    await clock.advance(100);
    const restarts = read().entries.filter(
      (entry) => entry.kind === "step" && entry.id === "plan" && entry.event.includes("backoff"),
    );
    expect(restarts).toHaveLength(1);
  });

  it("are named in its chart by their ids and their logic", () => {
    expect(toChart("office", office).root.invokes).toEqual(["clerk-1 (clerk)"]);
  });
});
