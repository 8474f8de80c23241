// Automatic shutdown: which ends of significant children end their supervisor.

import { describe, expect, it } from "vitest";
import { type AutoShutdown, decideShutdown } from "../../../machines/policies/shutdown.ts";

// Case 146.
describe("autoShutdown x significant children left, when one has ended for good", () => {
  it.each<[autoShutdown: AutoShutdown, left: number, ends: boolean]>([
    ["never", 1, false],
    ["never", 0, false],
    ["any-significant", 2, true],
    ["any-significant", 0, true],
    ["all-significant", 2, false],
    ["all-significant", 1, false],
    ["all-significant", 0, true],
  ])("under %s with %d significant children left the supervisor ends: %s", (autoShutdown, left, ends) => {
    expect(decideShutdown(autoShutdown, left)).toBe(ends);
  });
});
