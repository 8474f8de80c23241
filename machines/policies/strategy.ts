// strategy.ts: which siblings restart together with a child that failed. Strategies differ in nothing else.

/** The strategies of OTP: restart only the failed child, all children, or it and those defined after it. */
export const strategies = ["one-for-one", "one-for-all", "rest-for-one"] as const;

export type Strategy = (typeof strategies)[number];

interface StrategyRow {
  /** Whether others restart with a child that failed. */
  readonly isGrouping: boolean;
  /** The index of the first child that restarts. `failed` is the index of the child that failed. */
  first(failed: number): number;
}

const strategyTable = {
  "one-for-one": { isGrouping: false, first: () => Number.POSITIVE_INFINITY },
  "one-for-all": { isGrouping: true, first: () => 0 },
  "rest-for-one": { isGrouping: true, first: (failed: number) => failed },
} as const satisfies Record<Strategy, StrategyRow>;

/** Whether a strategy restarts others with a child that failed. */
export function isGrouping(strategy: Strategy): boolean {
  return strategyTable[strategy].isGrouping;
}

/** The children that restart together with `failed`, in definition order; empty when it restarts alone. */
export function selectGroup<Child>(strategy: Strategy, children: readonly Child[], failed: Child): readonly Child[] {
  return children.slice(strategyTable[strategy].first(children.indexOf(failed)));
}

/** Whether the group of a failed child contains another child. `failed` and `other` are their indexes in the order. */
export function groupContains(strategy: Strategy, failed: number, other: number): boolean {
  return other >= strategyTable[strategy].first(failed);
}
