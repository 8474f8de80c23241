// judgement.ts: makes the `unit.ended` event, with the answer of the user's `decide`, a random number for the jitter,
// and whether a group restarts, so that the service chart can decide without calling anything.

import type { Exit, UnitEnded } from "../../machines/events.ts";
import { type Decision, decisions } from "../../machines/policies/restart.ts";
import { SupervisorError, toError } from "../contract/errors.ts";
import { isHopeless } from "../contract/hopeless.ts";
import { isThenable } from "../contract/thenable.ts";
import { describe } from "../contract/wording.ts";
import type { Child } from "./service.ts";
import type { Unit } from "./unit.ts";

/** The event for an end. Calls `decide` and draws chance only if the end was not requested, or the unit was failing. */
export function toUnitEnded(child: Child, unit: Unit, exit: Exit): UnitEnded {
  const { plan, tree } = child;
  const isOwn = unit.askedAt === null || unit.failure !== null;
  // A unit that was failing and was then left behind counts as failed.
  const own: Exit = exit.kind === "unstopped" && unit.failure !== null ? { kind: "failed", ...unit.failure } : exit;
  const wish = isOwn ? wishOf(child, unit, own) : undefined;
  const isDrawn = isOwn && own.kind === "failed" && plan.rule.restart.jitter > 0;
  const { incarnation } = unit;
  const at = tree.clock.now();
  const chance = isDrawn ? tree.drawChance() : 0.5;
  const grouped = child.isGrouping;
  const type = "unit.ended";
  return wish === undefined
    ? { type, incarnation, exit, at, chance, grouped }
    : { type, incarnation, exit, at, chance, grouped, wish };
}

/** What `decide` answers, or else what the error leaves open: nothing, where another attempt is bound to fail. */
function wishOf(child: Child, unit: Unit, exit: Exit): Decision | undefined {
  const wish = child.plan.options.decide && askDecide(child, unit, exit);
  return wish ?? (exit.kind === "failed" && isHopeless(exit.error) ? "fail" : undefined);
}

const knownDecisions: ReadonlySet<unknown> = new Set(decisions);

function askDecide({ plan, path, log }: Child, unit: Unit, exit: Exit): Decision | undefined {
  try {
    const wish = unit.inside(() => plan.options.decide!(exit));
    if (wish === undefined || knownDecisions.has(wish)) return wish;
    // The answer of an async function comes too late; its rejection must not go unhandled.
    if (isThenable(wish)) Promise.resolve(wish).catch(() => {});
    const allowed = decisions.map((decision) => `"${decision}"`).join(", ");
    throw new SupervisorError(
      "ERR_INVALID_SPEC",
      `${path}: restart.decide must return ${allowed} or undefined; got ${describe(wish)}`,
      { path },
    );
  } catch (error) {
    log.error({ err: toError(error) }, "restart.decide failed; the restart policy applies");
    return undefined;
  }
}
