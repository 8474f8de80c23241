// The invariants of test/world as expectations, for scenarios that end in any state.

import { expect } from "vitest";
import type { Update } from "../../src/index.ts";
import { findContradictions, findUnserialisable } from "../world/invariants/moment.ts";
import { UpdateChecker } from "../world/invariants/updates.ts";
import type { Scenario } from "./scenario.ts";

export { allStatuses } from "../world/invariants/moment.ts";

/** Expects the updates to follow each other without a gap or a jump, with an exit where an incarnation is left. */
export function expectHistory(updates: readonly Update[]): void {
  const checker = new UpdateChecker();
  for (const update of updates) checker.note(update);
  expect(checker.broken).toEqual([]);
}

/** Expects status, counts, explain and health of a tree to agree now. */
export function expectOneStory({ supervisor, clock }: Pick<Scenario, "supervisor" | "clock">): void {
  expect([...findContradictions(supervisor, clock.now()), ...findUnserialisable(supervisor)]).toEqual([]);
}
