// Strategy: who else is affected by one failure. Strategies differ only in which children they name.

/** As in OTP: only the failed child, all children, or the failed child and those defined after it. */
export type Strategy = "one-for-one" | "one-for-all" | "rest-for-one";

/** The children that restart together with `failed`, in definition order; empty when it restarts alone. */
export function selectGroup<Child>(strategy: Strategy, children: readonly Child[], failed: Child): readonly Child[] {
  switch (strategy) {
    case "one-for-one":
      return [];
    case "one-for-all":
      return children;
    case "rest-for-one":
      return children.slice(children.indexOf(failed));
  }
}
