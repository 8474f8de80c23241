// The numbers of a definition: the ranges that are accepted, up to the boundary, and what is refused beyond it.

import { describe, expect, it } from "vitest";
import { createSupervisor, type SupervisorSpec } from "../../src/index.ts";
import { expectRefusal, refusal, run } from "../support/refusals.ts";

const check = () => true;

/** Options by the name that messages give them: how to set each in a tree, and its path. */
interface Place {
  readonly path: string;
  readonly set: (value: unknown) => object;
}

const ofService = (set: (value: unknown) => object): Place => ({
  path: "app/api",
  set: (value) => ({ name: "app", services: [{ name: "api", run, ...set(value) }] }),
});
const ofRestart = (option: string) => ofService((value) => ({ restart: { [option]: value } }));
const ofProbe = (kind: string, option: string) => ofService((value) => ({ [kind]: { check, [option]: value } }));
const ofRoot = (set: (value: unknown) => object): Place => ({
  path: "app",
  set: (value) => ({ name: "app", services: [], ...set(value) }),
});
const ofNested = (option: string): Place => ({
  path: "app/web",
  set: (value) => ({ name: "app", services: [{ name: "web", services: [], [option]: value }] }),
});
const ofIntensity = (option: string) =>
  ofRoot((value) => ({ intensity: { maxRestarts: 1, withinMs: 1_000, [option]: value } }));

const duration = "a non-negative finite number of milliseconds";
const patience = "a non-negative number of milliseconds, or Infinity";
const positive = "a positive finite number of milliseconds";
const count = "a non-negative integer, or Infinity";
const threshold = "an integer of at least 1";

type Row = [option: string, place: Place, expected: string, refused: unknown[], accepted: unknown[]];

const rows: Row[] = [
  ["startDelayMs", ofService((startDelayMs) => ({ startDelayMs })), duration, [-1, Infinity], [0, 0.5, 1e9]],
  ["startTimeoutMs", ofService((startTimeoutMs) => ({ startTimeoutMs })), patience, [-1, -Infinity], [1, Infinity]],
  ["stopTimeoutMs", ofService((stopTimeoutMs) => ({ stopTimeoutMs })), patience, [-1, -0.1], [0, Infinity]],
  ["startDelayMs", ofNested("startDelayMs"), duration, [-1, Infinity], [0, 5]],
  ["startTimeoutMs", ofNested("startTimeoutMs"), patience, [-1], [1, Infinity]],
  ["stopTimeoutMs", ofNested("stopTimeoutMs"), patience, [-1], [0, Infinity]],
  ["watchdogMs", ofService((watchdogMs) => ({ watchdogMs })), positive, [0, -1, Infinity], [1, 0.5]],
  ["restart.maxRetries", ofRestart("maxRetries"), count, [-1, 1.5, -Infinity], [0, 1, Infinity]],
  ["restart.initialBackoffMs", ofRestart("initialBackoffMs"), duration, [-1, Infinity], [0, 1]],
  ["restart.maxBackoffMs", ofRestart("maxBackoffMs"), duration, [-1, Infinity], [0, 1]],
  ["restart.multiplier", ofRestart("multiplier"), "a finite number of at least 1", [0.99, 0, -2, Infinity], [1, 1.5]],
  [
    "restart.jitter",
    ofRestart("jitter"),
    "true, false, or a number from 0 to 1",
    [-0.1, 1.1],
    [0, 0.25, 1, true, false],
  ],
  ["restart.resetAfterMs", ofRestart("resetAfterMs"), patience, [-1], [0, Infinity]],
  // Case 5; case 10: a period of 0.
  ["intensity.maxRestarts", ofIntensity("maxRestarts"), "a non-negative integer", [-1, 0.5], [0, 1]],
  ["intensity.withinMs", ofIntensity("withinMs"), positive, [0, -1, Infinity], [1, 0.5]],
  ["maxServices", ofRoot((maxServices) => ({ maxServices })), count, [-1, 1.5], [0, Infinity]],
  ["maxServices", ofNested("maxServices"), count, [-1, 1.5], [0, Infinity]],
  ...(["health", "readiness", "liveness"] as const).flatMap((kind): Row[] => [
    [`${kind}.intervalMs`, ofProbe(kind, "intervalMs"), duration, [-1, Infinity], [1]],
    [`${kind}.timeoutMs`, ofProbe(kind, "timeoutMs"), positive, [0, -1, Infinity], [1]],
    [`${kind}.initialDelayMs`, ofProbe(kind, "initialDelayMs"), duration, [-1, Infinity], [0, 1]],
    [`${kind}.failureThreshold`, ofProbe(kind, "failureThreshold"), threshold, [0, -1, 1.5, Infinity], [1, 2]],
    [`${kind}.successThreshold`, ofProbe(kind, "successThreshold"), threshold, [0, -1, 1.5, Infinity], [1]],
  ]),
  ["readiness.successThreshold", ofProbe("readiness", "successThreshold"), threshold, [0], [2, 10]],
];

const never: readonly unknown[] = [Number.NaN, "5", null, [5], 5n, {}];
const given: Record<string, string> = { "5": '"5" (string)', "5n": "5 (bigint)", NaN: "NaN (number)" };

function toGiven(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "bigint") return given["5n"]!;
  if (typeof value === "string") return given[value]!;
  return typeof value === "object" ? "an " : `${String(value)} (number)`;
}

describe.each(rows)("%s", (option, { path, set }, expected, refused, accepted) => {
  it.each([...refused, ...never])(`is refused at ${path}: %s`, (value) => {
    const error = refusal(set(value));
    expectRefusal(error, "ERR_INVALID_SPEC", path, `${option} must be ${expected}`, `got ${toGiven(value)}`);
  });

  it.each(accepted)(`is accepted at ${path}: %s`, (value) => {
    expect(() => createSupervisor(set(value) as SupervisorSpec)).not.toThrow();
  });
});

// Case 126.
it("a liveness that must pass more than once is refused: what is restarted begins anew", () => {
  const { path, set } = ofProbe("liveness", "successThreshold");
  expectRefusal(refusal(set(2)), "ERR_INVALID_SPEC", path, "liveness.successThreshold must be 1", "got 2 (number)");
});

it("maxServices below the number of services that there are is refused", () => {
  const services = [1, 2, 3].map((n) => ({ name: `s${n}`, run }));
  const error = refusal({ name: "app", services, maxServices: 2 });
  expectRefusal(error, "ERR_INVALID_SPEC", "app", "maxServices must be at least the 3 services", "got 2 (number)");
  expect(() => createSupervisor({ name: "app", services, maxServices: 3 })).not.toThrow();
});
