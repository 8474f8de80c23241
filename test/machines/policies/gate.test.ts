// Gates: what each state of a dependency means to a waiting service.

import { describe, expect, it } from "vitest";
import {
  type Condition,
  type ConditionVerdict,
  type DependencyState,
  judgeCondition,
  judgeGate,
} from "../../../machines/policies/gate.ts";

const rows: readonly [condition: Condition, dependency: DependencyState, verdict: ConditionVerdict][] = [
  ["started", "pending", "closed"],
  ["started", "unhealthy", "met"],
  ["started", "healthy", "met"],
  ["started", "completed", "hopeless"],
  ["started", "stopped", "hopeless"],
  ["started", "failed", "hopeless"],
  ["healthy", "pending", "closed"],
  ["healthy", "unhealthy", "closed"], // case 97
  ["healthy", "healthy", "met"],
  ["healthy", "completed", "hopeless"],
  ["healthy", "stopped", "hopeless"],
  ["healthy", "failed", "hopeless"],
  ["completed", "pending", "closed"], // case 103
  ["completed", "unhealthy", "closed"],
  ["completed", "healthy", "closed"],
  ["completed", "completed", "met"],
  ["completed", "stopped", "hopeless"],
  ["completed", "failed", "hopeless"],
];

describe("condition x dependency, when it is required", () => {
  it.each(rows)("a required condition %s of a dependency that is %s is %s", (condition, dependency, verdict) => {
    expect(judgeCondition(condition, true, dependency)).toBe(verdict);
  });
});

describe("condition x dependency, when it is not required: it passes once it is hopeless", () => {
  it.each(
    rows,
  )("an optional condition %s of a dependency that is %s passes once it is hopeless", (condition, dependency, verdict) => {
    expect(judgeCondition(condition, false, dependency)).toBe(verdict === "hopeless" ? "met" : verdict);
  });
});

describe("a gate", () => {
  it.each<[title: string, closed: number, hopeless: number, verdict: string]>([
    ["is open when nothing is closed", 0, 0, "open"],
    ["is closed while one is closed", 1, 0, "closed"],
    ["is closed while several are closed", 20, 0, "closed"],
    ["is hopeless as soon as one is hopeless", 0, 1, "hopeless"],
    ["is hopeless although others are still closed", 20, 1, "hopeless"],
  ])("a gate %s", (_title, closed, hopeless, verdict) => {
    expect(judgeGate({ closed, hopeless })).toBe(verdict);
  });
});
