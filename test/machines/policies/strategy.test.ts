// Strategy: which children a failure restarts, in which order they stop and start.

import { describe, expect, it } from "vitest";
import { type Strategy, selectGroup } from "../../../machines/policies/strategy.ts";

const five = ["a", "b", "c", "d", "e"] as const;

describe("strategy x failed child: the children that restart with it, in definition order", () => {
  it.each<[strategy: Strategy, failed: (typeof five)[number], group: string]>([
    ["one-for-one", "a", ""], //            case 82
    ["one-for-one", "c", ""],
    ["one-for-all", "a", "a b c d e"], //   case 83
    ["one-for-all", "c", "a b c d e"],
    ["one-for-all", "e", "a b c d e"],
    ["rest-for-one", "a", "a b c d e"],
    ["rest-for-one", "c", "c d e"], //      case 85
    ["rest-for-one", "e", "e"],
  ])("under %s the failure of %s restarts %s", (strategy, failed, group) => {
    expect(selectGroup(strategy, five, failed).join(" ")).toBe(group);
  });

  it.each([
    "one-for-all",
    "rest-for-one",
  ] as const)("under %s the failure of an only child restarts that child", (strategy) => {
    expect(selectGroup(strategy, ["a"], "a")).toEqual(["a"]);
  });
});
