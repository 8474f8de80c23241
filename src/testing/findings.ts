// findings.ts: what went wrong on the paths of a lifecycle test, each kind once.

import type { LifecyclePath } from "./lifecycle-paths.ts";

/** One thing that went wrong on one path. */
export interface Problem {
  /** `"leaked Timeout"`, `"unhandled rejection: no route"`, `"expected running, but it is failed"`. */
  readonly what: string;
  /** The line that made what leaked, or that threw: `"src/services.ts:44"`. null where that is not known. */
  readonly madeAt: string | null;
}

/** A kind of problem, with how often it was met. */
export interface LifecycleFinding extends Problem {
  /** The number of paths on which it was met. */
  readonly paths: number;
  /** The shortest of them: `"start, ready, stop"`. */
  readonly shortest: string;
}

/** Puts what is the same on several paths together, in the order in which it was met. */
export function toFindings(
  results: readonly { readonly path: LifecyclePath; readonly found: readonly Problem[] }[],
): LifecycleFinding[] {
  const findings = new Map<string, { problem: Problem; paths: Set<LifecyclePath> }>();
  for (const { path, found } of results) {
    for (const problem of found) {
      // Times differ from path to path.
      const key = `${problem.what.replaceAll(/\d+/g, "n")} ${problem.madeAt}`;
      const known = findings.get(key) ?? { problem, paths: new Set() };
      known.paths.add(path);
      findings.set(key, known);
    }
  }
  return [...findings.values()].map(({ problem, paths }) => {
    const shortest = [...paths].reduce((a, b) => (b.steps.length < a.steps.length ? b : a));
    return { ...problem, paths: paths.size, shortest: shortest.title };
  });
}

/** One line for a person. */
export function formatFinding({ what, madeAt, paths, shortest }: LifecycleFinding): string {
  const place = madeAt === null ? "" : ` (${madeAt})`;
  return `${what}${place}: on ${paths} ${paths === 1 ? "path" : "paths"}, the shortest is ${shortest}`;
}
