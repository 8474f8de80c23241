// The public states and phases are those of the service chart, and each has a standing.

import { expect, it } from "vitest";
import { serviceMachine } from "../../machines/index.ts";
import { servicePhases, serviceStates, standings } from "../../machines/states.ts";
import { leaves } from "./steps.ts";

it("every state of the chart that lasts is a public state, with its public phases", () => {
  const lasting = leaves(serviceMachine).filter((leaf) => leaf !== "judging");
  const known = serviceStates.flatMap((state) => {
    const phases: readonly string[] = servicePhases[state];
    if (phases.length === 0) return [state];
    // What has failed for good is that without a phase.
    return [...phases.map((phase) => `${state}.${phase}`), ...(state === "failed" ? ["failed.forGood"] : [])];
  });
  expect([...known].sort()).toEqual([...lasting].sort());
});

it("what serves has code, what has code is live, and what is over is not", () => {
  for (const state of Object.values(standings)) {
    for (const { isServing, hasCode, isLive, isWanted, isEnding, isOver } of Object.values(state)) {
      expect([isServing && !hasCode, hasCode && !isLive, isOver && isLive, isWanted && isEnding]).not.toContain(true);
    }
  }
});
