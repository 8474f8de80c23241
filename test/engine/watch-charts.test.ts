// watchCharts: what a witness of the charts of a tree sees.

import { expect, it } from "vitest";
import { createMachine } from "xstate";
import type { Witness } from "../../src/index.ts";
import { createKeepingLogger } from "../support/logger.ts";
import { createScenario, scripted } from "../support/scenario.ts";

/** A witness that keeps what it sees as text. */
function createWitness(): Witness & { readonly seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    sent: ({ path, role }, event) => seen.push(`${role} ${path} is sent ${event.type}`),
    stepped: ({ path, role }, _, value) => seen.push(`${role} ${path} is ${JSON.stringify(value)}`),
    metActors: () => seen.push("actors"),
  };
}

it("a witness sees each event that a chart is sent, then the step that the chart takes", async () => {
  const s = createScenario({ services: [scripted("a").spec] });
  const witness = createWitness();
  const unwatch = s.supervisor.watchCharts(witness);
  await s.start();
  const sent = witness.seen.indexOf("service app/a is sent unit.ready");
  expect(witness.seen[sent + 1]).toBe('service app/a is {"running":"healthy"}');
  expect(witness.seen).toContain("supervisor app is sent supervisor.start");
  expect(witness.seen).not.toContain("actors");
  unwatch();
  const seen = witness.seen.length;
  await s.supervisor.stop();
  expect(witness.seen).toHaveLength(seen);
});

it("a witness hears once that the tree runs actors of the user's, also when it comes later", async () => {
  const actor = createMachine({});
  const s = createScenario({
    services: [
      { name: "a", actor },
      { name: "b", actor },
    ],
  });
  const [early, late] = [createWitness(), createWitness()];
  s.supervisor.watchCharts(early);
  await s.start();
  s.supervisor.watchCharts(late);
  expect([early, late].map(({ seen }) => seen.filter((one) => one === "actors"))).toEqual([["actors"], ["actors"]]);
});

it("a witness that throws is logged, and harms nothing else", async () => {
  const { logger, entries } = createKeepingLogger();
  const s = createScenario({ services: [scripted("a").spec] }, { logger });
  const error = new Error("bad witness");
  const fail = () => {
    throw error;
  };
  const second = createWitness();
  s.supervisor.watchCharts({ sent: fail, stepped: fail, metActors: fail });
  s.supervisor.watchCharts(second);
  await s.start();
  expect(s.supervisor.status("a").state).toBe("running");
  expect(second.seen).toContain("service app/a is sent unit.ready");
  const errors = entries.filter(({ level }) => level === "error");
  expect(new Set(errors.map(({ data }) => (data as { err?: unknown }).err))).toEqual(new Set([error]));
});
