// The steps of a path: whether each is requested, arranged before, or only awaited.

import type { LifecycleDriver } from "./lifecycle-driver.ts";
import type { LifecyclePath, LifecycleStep } from "./lifecycle-paths.ts";

export function isRequest({ event }: LifecycleStep): boolean {
  return event === "start" || event === "stop" || event === "restart";
}

/** The failure that the driver must arrange before the start or stop that a step begins, from its end further down. */
export function hookBefore(
  { steps }: LifecyclePath,
  index: number,
): "failStart" | "hangStart" | "failStop" | "hangStop" | null {
  const { state } = steps[index]!;
  if (state !== "starting" && state !== "stopping") return null;
  const isUnderWay = index > 0 && steps[index - 1]!.state === state && !isOver(steps[index]!);
  const end = isUnderWay ? undefined : steps.slice(index + 1).find((step) => step.state !== state || isOver(step));
  if (end?.event === "fail") return state === "starting" ? "failStart" : "failStop";
  if (end?.event === "start-timeout") return "hangStart";
  return end?.event === "stop-timeout" ? "hangStop" : null;
}

/** Whether a failure was arranged before the start or stop that it ends. */
export function isArranged({ steps }: LifecyclePath, index: number, driver: LifecycleDriver): boolean {
  const before = steps[index - 1]?.state;
  return before === "stopping" || (before === "starting" && driver.failStart !== undefined);
}

/** Whether a step comes by itself, once a failure was arranged where it needs one. */
export function comesByItself(path: LifecyclePath, index: number, driver: LifecycleDriver): boolean {
  const { event } = path.steps[index]!;
  return event === "fail" ? isArranged(path, index, driver) : byItself.has(event);
}

const byItself: ReadonlySet<string> = new Set([
  ...["ready", "end", "healthy", "start-timeout", "stop-timeout", "backoff-over"],
]);

/** Whether a step ends a start or a stop, though another one may begin with it. */
function isOver({ event }: LifecycleStep): boolean {
  return event === "fail" || (event !== "healthy" && byItself.has(event));
}
