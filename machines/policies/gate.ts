// gate.ts: whether the dependencies of a service let it start.

/** The condition that a dependant waits for: up, up and healthy, or ended without error. */
export const conditions = ["started", "healthy", "completed"] as const;

export type Condition = (typeof conditions)[number];

/** The reactions of a running dependant when its dependency goes down. */
export const onFailures = ["ignore", "stop", "restart"] as const;

export type OnFailure = (typeof onFailures)[number];

/** One dependency as it is now. */
export type DependencyState =
  | "pending" //   not up yet, or coming back: starting, stopping, in backoff, stopped by hand
  | "unhealthy" // up, and not healthy
  | "healthy" //   up and healthy
  | "completed" // ended without error, for good
  | "stopped" //   stopped for good, by its `decide`
  | "failed"; //   failed for good

/** `met` now, `closed` for now, or `hopeless`: it will not be met unless the user steps in. */
export type ConditionVerdict = "met" | "closed" | "hopeless";

const table = {
  started: {
    pending: "closed",
    unhealthy: "met",
    healthy: "met",
    completed: "hopeless",
    stopped: "hopeless",
    failed: "hopeless",
  },
  healthy: {
    pending: "closed",
    unhealthy: "closed",
    healthy: "met",
    completed: "hopeless",
    stopped: "hopeless",
    failed: "hopeless",
  },
  completed: {
    pending: "closed",
    unhealthy: "closed",
    healthy: "closed",
    completed: "met",
    stopped: "hopeless",
    failed: "hopeless",
  },
} as const satisfies Record<Condition, Record<DependencyState, ConditionVerdict>>;

/** Judges one dependency. A hopeless dependency counts as met if it is not required. */
export function judgeCondition(condition: Condition, required: boolean, state: DependencyState): ConditionVerdict {
  const verdict: ConditionVerdict = table[condition][state];
  return verdict === "hopeless" && !required ? "met" : verdict;
}

/** Judges the gate of a service from the counts of its dependencies: `open` when all are met. */
export function judgeGate(counts: {
  readonly closed: number;
  readonly hopeless: number;
}): "open" | "closed" | "hopeless" {
  if (counts.hopeless > 0) return "hopeless";
  return counts.closed > 0 ? "closed" : "open";
}
