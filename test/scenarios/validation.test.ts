// createSupervisor refuses wrong names, bodies, keys, words and objects. Numbers are in validation-numbers.test.ts,
// dependencies in validation-dependencies.test.ts.

import { describe, expect, it } from "vitest";
import { fromPromise } from "xstate";
import { expectRefusal, refusal, refusalOf, run } from "../support/refusals.ts";

const api = { name: "api", run };
const namePattern = "1 to 128 characters of A-Z a-z 0-9 _ . -";

describe("a definition that is not an object is refused", () => {
  it.each<[title: string, spec: unknown, got: string]>([
    ["undefined", undefined, "got undefined"],
    ["null", null, "got null"],
    ["a string", "app", 'got "app" (string)'],
    ["a number", 7, "got 7 (number)"],
    ["an array", [api], "got an array of 1"],
    ["a function", run, 'got a function "run"'],
  ])("%s", (_title, spec, got) => {
    expectRefusal(refusal(spec), "ERR_INVALID_SPEC", "createSupervisor", "spec must be an object", got);
  });

  it.each<[title: string, service: unknown, got: string]>([
    ["undefined", undefined, "got undefined"],
    ["null", null, "got null"],
    ["a string", "api", 'got "api" (string)'],
    ["a boolean", true, "got true (boolean)"],
    ["an array", [], "got an array of 0"],
    ["a class", class Api {}, 'got a function "Api"'],
  ])("a service that is not an object is refused: %s", (_title, service, got) => {
    const error = refusal({ name: "app", services: [api, service] });
    expectRefusal(error, "ERR_INVALID_SPEC", "app", "services", "must be an object", got);
  });

  it.each<[title: string, services: unknown, got: string]>([
    ["undefined", undefined, "got undefined"],
    ["null", null, "got null"],
    ["one service", api, "got an object with name, run"],
    ["a set", new Set([api]), "got a Set"],
    ["a string", "api", 'got "api" (string)'],
  ])("services that are not an array are refused: %s", (_title, services, got) => {
    expectRefusal(refusal({ name: "app", services }), "ERR_INVALID_SPEC", "app", "services must be an array", got);
  });

  it("services that are not an array are refused in a nested supervisor", () => {
    const error = refusal({ name: "app", services: [{ name: "web", services: null }] });
    expectRefusal(error, "ERR_INVALID_SPEC", "app/web", "services must be an array", "got null");
  });

  it("a definition that contains itself is refused", () => {
    const web: { name: string; services: unknown[] } = { name: "web", services: [] };
    web.services.push(web);
    expect(refusal({ name: "app", services: [web] }).code).toBe("ERR_INVALID_SPEC");
  });
});

// Cases 1, 9.
describe("a name", () => {
  const rows: [title: string, name: unknown, got: string][] = [
    ["missing", undefined, "got undefined"],
    ["null", null, "got null"],
    ["empty", "", 'got "" (string)'],
    ["with a slash", "a/b", 'got "a/b" (string)'],
    ["with a blank", "a b", 'got "a b" (string)'],
    ["with a letter of another alphabet", "é", 'got "é" (string)'],
    ["with a line end", "api\n", "(string)"],
    ["of 129 characters", "x".repeat(129), "(string)"],
    ["a number", 7, "got 7 (number)"],
    ["a symbol", Symbol("api"), "got Symbol(api) (symbol)"],
  ];

  it.each(rows)("the name of a service is refused: %s", (_title, name, got) => {
    const error = refusal({ name: "app", services: [{ name, run }] });
    expectRefusal(error, "ERR_INVALID_SPEC", "app", `name must be ${namePattern}`, got);
  });

  it.each(rows)("the name of the root is refused: %s", (_title, name, got) => {
    const error = refusal({ name, services: [] });
    expectRefusal(error, "ERR_INVALID_SPEC", "createSupervisor", `name must be ${namePattern}`, got);
  });

  it("a name is refused the second time among siblings", () => {
    // Case 3.
    const error = refusal({ name: "app", services: [api, { name: "web", services: [] }, api] });
    expect(error).toMatchObject({ code: "ERR_DUPLICATE_NAME", path: "app/api" });
    expect(error.message).toMatch(/^app: .*"api".*unique/);
    const nested = refusal({ name: "app", services: [{ name: "web", services: [api, api] }] });
    expect(nested).toMatchObject({ code: "ERR_DUPLICATE_NAME", path: "app/web/api" });
    expect(nested.message).toMatch(/^app\/web: .*"api"/);
  });
});

// Case 1.
describe("a service without exactly one body is refused", () => {
  const actor = fromPromise(async () => {});
  const start = () => 1;

  it.each<[title: string, body: object, got: string]>([
    ["none", {}, "got none of them"],
    ["none, all undefined", { run: undefined, start: undefined }, "got none of them"],
    ["run and start", { run, start }, "run and start"],
    ["run and actor", { run, actor }, "run and actor"],
    ["start and actor", { start, actor }, "start and actor"],
    ["run and services", { run, services: [] }, "run and services"],
    ["all", { run, start, actor, services: [] }, "run and start and actor and services"],
  ])("%s", (_title, body, got) => {
    const error = refusal({ name: "app", services: [{ name: "api", ...body }] });
    const expected = "expected exactly one of run, start, actor, services";
    expectRefusal(error, "ERR_INVALID_SPEC", "app/api", expected, got);
  });

  it.each<[option: string, more: object, expected: string, got: string]>([
    ["run", { run: "node server.js" }, "a function", 'got "node server.js" (string)'],
    ["run", { run: null }, "a function", "got null"],
    ["start", { run: undefined, start: Promise.resolve() }, "a function", "got a Promise"],
    ["stop", { run: undefined, start, stop: true }, "a function", "got true (boolean)"],
    ["actor", { run: undefined, actor: run }, "XState actor logic", 'got a function "run"'],
    ["actor", { run: undefined, actor: {} }, "XState actor logic", "got an object with no keys"],
    ["actor", { run: undefined, actor: null }, "XState actor logic", "got null"],
  ])("%s of the wrong type is refused: %o", (option, more, expected, got) => {
    expectRefusal(refusalOf(more), "ERR_INVALID_SPEC", "app/api", `${option} must be ${expected}`, got);
  });

  it.each<[title: string, more: object, says: string]>([
    ["stop with run", { stop: run }, "stop goes only with start"],
    ["stop with actor", { run: undefined, actor, stop: run }, "stop goes only with start"],
    ["input with run", { input: 1 }, "input goes only with actor"],
    ["input with start", { run: undefined, start, input: null }, "input goes only with actor"],
    ["readyOn with start", { run: undefined, start, readyOn: "signal" }, "readyOn goes only with run or actor"],
  ])("an option without its body is refused: %s", (_title, more, says) => {
    expectRefusal(refusalOf(more), "ERR_INVALID_SPEC", "app/api", says);
  });
});

// Case 6.
describe("an unknown option is refused, with the nearest name", () => {
  const check = () => true;

  it.each<[path: string, more: object, option: string, hint: string]>([
    ["app/api", { restarts: "always" }, "restarts", 'did you mean "restart"?'],
    ["app/api", { dependOn: ["db"] }, "dependOn", 'did you mean "dependsOn"?'],
    ["app/api", { StopTimeoutMS: 5 }, "StopTimeoutMS", 'did you mean "stopTimeoutMs"?'],
    ["app/api", { startTimeout: 5 }, "startTimeout", 'did you mean "startTimeoutMs"?'],
    ["app/api", { xyzzyPlughPlover: 5 }, "xyzzyPlughPlover", "known are name, "],
    ["app/api", { critical: true, crtical: undefined }, "crtical", 'did you mean "critical"?'],
    ["app/api", { restart: { maxRetry: 5 } }, "maxRetry", 'did you mean "maxRetries"?'],
    ["app/api", { restart: { backoffMs: 5 } }, "backoffMs", 'did you mean "maxBackoffMs"?'],
    ["app/api", { readiness: { check, interval: 5 } }, "interval", 'did you mean "intervalMs"?'],
    ["app/api", { liveness: { check, treshold: 5 } }, "treshold", "Threshold"],
    ["app/api", { health: { check, timeout: 5 } }, "timeout", 'did you mean "timeoutMs"?'],
    ["app/api", { dependsOn: [{ service: "api", on_failure: "stop" }] }, "on_failure", 'did you mean "onFailure"?'],
  ])("%s %o", (path, more, option, hint) => {
    expectRefusal(refusalOf(more), "ERR_INVALID_SPEC", path, `unknown option "${option}"`, hint);
  });

  it.each<[path: string, spec: object, option: string, hint: string]>([
    ["app", { name: "app", services: [], strateggy: "x" }, "strateggy", 'did you mean "strategy"?'],
    ["app", { name: "app", services: [], run }, "run", "known are"],
    ["app", { name: "app", services: [], intensity: { maxRestart: 1 } }, "maxRestart", 'did you mean "maxRestarts"?'],
    [
      "app/web",
      { name: "app", services: [{ name: "web", services: [], autoshutdwn: "never" }] },
      "autoshutdwn",
      'did you mean "autoShutdown"?',
    ],
    ["app/web", { name: "app", services: [{ name: "web", services: [], readyOn: "signal" }] }, "readyOn", "known are"],
    ["app/api", { name: "app", services: [{ ...api, strategy: "one-for-all" }] }, "strategy", "known are"],
  ])("an unknown option of a supervisor is refused: %s, %o", (path, spec, option, hint) => {
    expectRefusal(refusal(spec), "ERR_INVALID_SPEC", path, `unknown option "${option}"`, hint);
  });
});

// Case 5.
describe("an unknown word is refused, with those that are allowed", () => {
  const policies = '"always", "on-failure", "never"';

  it.each<[option: string, more: object, allowed: string, got: string]>([
    ["restart", { restart: "on-failur" }, policies, 'got "on-failur" (string); did you mean "on-failure"?'],
    ["restart", { restart: "permanent" }, policies, 'got "permanent" (string)'],
    ["restart.policy", { restart: { policy: "allways" } }, policies, 'did you mean "always"?'],
    ["restart.policy", { restart: { policy: 1 } }, policies, "got 1 (number)"],
    ["readyOn", { readyOn: "signl" }, '"start", "signal"', 'did you mean "signal"?'],
    ["readyOn", { readyOn: true }, '"start", "signal"', "got true (boolean)"],
  ])("%s of a service: %o", (option, more, allowed, got) => {
    expectRefusal(refusalOf(more), "ERR_INVALID_SPEC", "app/api", `${option} must be one of ${allowed}`, got);
  });

  const strategies = '"one-for-one", "one-for-all", "rest-for-one"';
  const shutdowns = '"never", "any-significant", "all-significant"';

  it.each<[option: string, more: object, allowed: string, got: string]>([
    ["strategy", { strategy: "one_for_one" }, strategies, 'did you mean "one-for-one"?'],
    ["strategy", { strategy: null }, strategies, "got null"],
    ["autoShutdown", { autoShutdown: "any_significant" }, shutdowns, 'did you mean "any-significant"?'],
    ["autoShutdown", { autoShutdown: true }, shutdowns, "got true (boolean)"],
  ])("%s of a supervisor: %o", (option, more, allowed, got) => {
    const says = [`${option} must be one of ${allowed}`, got];
    expectRefusal(refusal({ name: "app", services: [], ...more }), "ERR_INVALID_SPEC", "app", ...says);
    const nested = refusal({ name: "app", services: [{ name: "web", services: [], ...more }] });
    expectRefusal(nested, "ERR_INVALID_SPEC", "app/web", ...says);
  });

  it.each<[option: string, more: object, expected: string[], got: string]>([
    ["restart", { restart: null }, ["always", "on-failure", "never"], "got null"],
    ["restart", { restart: 5 }, ["always", "on-failure", "never"], "got 5 (number)"],
    ["restart", { restart: [] }, ["always", "on-failure", "never"], "got an array of 0"],
    ["health", { health: "http://x" }, ["function", "check"], 'got "http://x" (string)'],
    ["readiness", { readiness: null }, ["function", "check"], "got null"],
    ["liveness", { liveness: true }, ["function", "check"], "got true (boolean)"],
  ])("%s in a wrong form names the right forms: %o", (option, more, expected, got) => {
    expectRefusal(refusalOf(more), "ERR_INVALID_SPEC", "app/api", `${option} must be`, ...expected, got);
  });
});

describe("a value of the wrong type is refused", () => {
  it.each<[option: string, more: object, expected: string, got: string]>([
    ["critical", { critical: "yes" }, "true or false", 'got "yes" (string)'],
    ["critical", { critical: null }, "true or false", "got null"],
    ["significant", { significant: 1 }, "true or false", "got 1 (number)"],
    ["meta", { meta: "x" }, "an object", 'got "x" (string)'],
    ["meta", { meta: ["x"] }, "an object", "got an array of 1"],
    ["restart.decide", { restart: { decide: "restart" } }, "a function", 'got "restart" (string)'],
    ["restart.jitter", { restart: { jitter: "full" } }, "true, false, or a number from 0 to 1", 'got "full" (string)'],
    ["readiness.check", { readiness: {} }, "a function", "got undefined"],
    ["liveness.check", { liveness: { check: 5 } }, "a function", "got 5 (number)"],
  ])("%s: %o", (option, more, expected, got) => {
    expectRefusal(refusalOf(more), "ERR_INVALID_SPEC", "app/api", `${option} must be ${expected}`, got);
  });

  it.each<[option: string, more: object, expected: string, got: string]>([
    ["intensity", { intensity: 5 }, "an object", "got 5 (number)"],
    ["intensity", { intensity: null }, "an object", "got null"],
    ["intensity.maxRestarts", { intensity: { withinMs: 5 } }, "a non-negative integer", "got undefined"],
    ["intensity.withinMs", { intensity: { maxRestarts: 5 } }, "a positive", "got undefined"],
  ])("%s of a supervisor: %o", (option, more, expected, got) => {
    const error = refusal({ name: "app", services: [], ...more });
    expectRefusal(error, "ERR_INVALID_SPEC", "app", `${option} must be ${expected}`, got);
  });

  it("health beside readiness or liveness is one check too many", () => {
    const check = () => true;
    for (const more of [
      { health: check, readiness: check },
      { health: check, liveness: check },
    ]) {
      expectRefusal(refusalOf(more), "ERR_INVALID_SPEC", "app/api", "health is readiness and liveness in one");
    }
  });

  it.each([
    { restart: "sometimes" },
    { stopTimeoutMs: -1 },
    { startDelayMs: Number.NaN },
    { critical: "yes" },
    { meta: "x" },
  ])("an option that means something only when nested is checked at the root, too: %o", (more) => {
    expectRefusal(refusal({ name: "app", services: [], ...more }), "ERR_INVALID_SPEC", "app", Object.keys(more)[0]!);
  });
});
