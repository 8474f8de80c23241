// The report of a service's life: what went wrong on which path, as data and as text.

import { formatFinding, type LifecycleFinding, type Problem, toFindings } from "./findings.ts";
import type { LifecycleResult } from "./walk.ts";

export interface LifecycleReport {
  /** Whether nothing went wrong on any path. Paths that are not covered do not count. */
  readonly ok: boolean;
  /** One line for each thing that went wrong, with its path. */
  readonly problems: readonly string[];
  /** Each kind of problem once, with the line that made it and the shortest path that shows it. */
  readonly findings: readonly LifecycleFinding[];
  /** The paths that were taken. */
  readonly results: readonly LifecycleResult[];
  /** Events that could not be made to happen, with what the driver lacks, and paths that begin like one that failed. */
  readonly notCovered: readonly { readonly what: string; readonly because: string }[];
  /** The whole report as text. */
  toString(): string;
}

export function toReport(
  name: string,
  results: readonly LifecycleResult[],
  notCovered: LifecycleReport["notCovered"],
): LifecycleReport {
  const problems = results.flatMap(({ path, mismatch, leaks, found }) => {
    const isLeak = ({ what }: Problem) => what.startsWith("leaked ");
    const isMismatch = ({ what }: Problem) => mismatch?.message.endsWith(what);
    return [
      ...(mismatch === null ? [] : [mismatch.message]),
      ...Object.entries(leaks).map(([kind, count]) => `after ${path.title}: leaked ${count} ${kind}`),
      ...found.filter((one) => !isLeak(one) && !isMismatch(one)).map(({ what }) => `after ${path.title}: ${what}`),
    ];
  });
  const findings = toFindings(results);
  return {
    ok: problems.length === 0,
    problems,
    findings,
    results,
    notCovered,
    toString: () =>
      [
        `${name}: ${results.filter(({ found }) => found.length === 0).length} of ${results.length} paths as they should be`,
        ...findings.map((finding) => `  ${formatFinding(finding)}`),
        ...notCovered.map(({ what, because }) => `  not covered: ${what} (${because})`),
      ].join("\n"),
  };
}
