// The options of a running tree's verbs are checked like those of createSupervisor, and a refused call changes nothing.

import { describe, expect, it } from "vitest";
import type { Supervisor } from "../../src/index.ts";
import { rejection } from "../support/promises.ts";
import { expectRefusal } from "../support/refusals.ts";
import { createScenario, scripted } from "../support/scenario.ts";

const verbs: Record<string, (supervisor: Supervisor, options: never) => unknown> = {
  start: (supervisor, options) => supervisor.start(options),
  stop: (supervisor, options) => supervisor.stop(options),
  run: (supervisor, options) => supervisor.run(options),
  updates: (supervisor, options) => supervisor.updates(options),
  addService: (supervisor, options) => supervisor.addService({ name: "x", services: [] }, options),
};

/** The error with which a verb refuses its options, thrown or rejected. */
async function refusalOf(verb: string, options: unknown) {
  const a = scripted("a");
  const scenario = createScenario({ services: [a.spec] });
  const { supervisor, start } = scenario;
  if (verb === "addService" || verb === "stop") await start();
  const before = JSON.stringify(supervisor.status());
  const error = await rejection((async () => verbs[verb]!(supervisor, options as never))());
  expect(JSON.stringify(supervisor.status()), "the tree is as it was").toBe(before);
  return error;
}

describe("an unknown option is refused, with the nearest name", () => {
  it.each([
    ["start", "sginal", "signal"],
    ["run", "singal", "signal"],
    ["stop", "timeout", "timeoutMs"],
    ["addService", "udner", "under"],
    ["updates", "buffer", "bufferSize"],
  ])("an unknown option of %s is refused: %s", async (verb, option, nearest) => {
    const error = await refusalOf(verb, { [option]: undefined });
    expectRefusal(error, "ERR_INVALID_SPEC", "app", `unknown option "${option}"`, `did you mean "${nearest}"?`);
  });
});

describe("options that are no object are refused", () => {
  it.each(Object.keys(verbs))("options of %s that are not an object are refused", async (verb) => {
    for (const [options, got] of [
      [null, "got null"],
      [5, "got 5 (number)"],
      ["now", 'got "now" (string)'],
    ] as const) {
      expectRefusal(await refusalOf(verb, options), "ERR_INVALID_SPEC", "app", "must be an object", got);
    }
  });
});

describe("a value that makes no sense is refused", () => {
  it.each<[verb: string, options: object, says: string[]]>([
    ["start", { signal: "stop" }, ["signal", 'got "stop" (string)']],
    ["start", { signal: {} }, ["signal", "got an object"]],
    ["run", { signal: new AbortController() }, ["signal", "got a AbortController"]],
    ["stop", { timeoutMs: -1 }, ["timeoutMs", "got -1 (number)"]],
    ["stop", { timeoutMs: Number.NaN }, ["timeoutMs", "got NaN (number)"]],
    ["stop", { timeoutMs: "5" }, ["timeoutMs", 'got "5" (string)']],
    ["updates", { bufferSize: 0 }, ["bufferSize", "got 0"]],
    ["updates", { bufferSize: 1.5 }, ["bufferSize", "got 1.5"]],
    ["updates", { bufferSize: "5" }, ["bufferSize", 'got "5" (string)']],
    ["updates", { signal: 5 }, ["signal", "got 5 (number)"]],
    ["addService", { under: 5 }, ["5"]],
  ])("%s %o", async (verb, options, says) => {
    const error = await refusalOf(verb, options);
    expect(error.code).toMatch(/^ERR_(INVALID_SPEC|UNKNOWN_SERVICE)$/);
    for (const part of says) expect(error.message).toContain(part);
  });

  it("a path that is not a string is reported as unknown", async () => {
    const { supervisor, start } = createScenario({ services: [scripted("a").spec] });
    await start();
    for (const path of [null, 5, {}, [], Symbol("a"), ""] as never[]) {
      for (const verb of ["startService", "stopService", "restartService", "removeService"] as const) {
        expect((await rejection(supervisor[verb](path))).code).toBe("ERR_UNKNOWN_SERVICE");
      }
      expect(() => supervisor.explain(path)).toThrow(expect.objectContaining({ code: "ERR_UNKNOWN_SERVICE" }));
      expect(() => supervisor.status(path)).toThrow(expect.objectContaining({ code: "ERR_UNKNOWN_SERVICE" }));
    }
  });

  it("a listener that is not a function, and an unknown type, are refused", () => {
    const { supervisor } = createScenario({ services: [] });
    for (const listener of [undefined, null, "log", {}]) {
      expect(() => supervisor.on("status", listener as never)).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_SPEC", message: expect.stringContaining("function") }),
      );
    }
    expect(() => supervisor.on("statsu" as never, () => {})).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_SPEC", message: expect.stringContaining('"status"') }),
    );
  });
});
