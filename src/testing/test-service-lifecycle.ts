// testServiceLifecycle: drives a user's own service along every path of its life.

import { type ServiceSpec, SupervisorError } from "../index.ts";
import { formatFinding, type LifecycleFinding, type Problem, toFindings } from "./findings.ts";
import { type LifecycleDriver, lackOf } from "./lifecycle-driver.ts";
import { type LifecyclePath, pathsWithin, toLifecycleRule, transitionsOf } from "./lifecycle-paths.ts";
import { type LifecycleResult, Walk } from "./walk.ts";

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

/**
 * Runs a service along every path of its life: started, failed at each point, stopped while it starts, restarted, its
 * health lost and regained, as far as its definition allows and the driver can.
 *
 * `make` returns the definition, anew for each path, and once before to be read. Each path has a tree of its own, called
 * "lifecycle", in which the service is not critical, has one retry after 10 ms, and is checked every 20 ms; its timeouts
 * are its own. After each path the tree is stopped, and what is open then is reported: sockets, timers, threads, listeners
 * of the process and of what the driver watches, and what it counts; so is an error of its code that nobody handled. On
 * Node a finding names the line that made it, and what other tests of the process do is not counted. The first path is
 * taken twice, the first time only to warm up what is made once. Calls wait for each other.
 *
 * Needs no test framework: `assert.deepEqual((await testServiceLifecycle(make, driver)).problems, [])`.
 *
 * @throws SupervisorError ERR_INVALID_SPEC if the definition is wrong, or that of a supervisor. What the service does
 * wrong is in the report.
 */
export function testServiceLifecycle(make: () => ServiceSpec, driver: LifecycleDriver = {}): Promise<LifecycleReport> {
  return inTurn(async () => {
    const spec = make();
    refuseSupervisor(spec);
    const rule = toLifecycleRule(spec);
    const isActor = spec.actor !== undefined;
    const paths = pathsWithin(rule, (event, state) => lackOf(driver, event, state, isActor) === null).filter(
      (path) => driver.select?.(path) ?? true,
    );
    const walk = new Walk(make, driver);
    const { results, notTaken } = await walk.takeAll(paths);
    const lacking = transitionsOf(rule).flatMap(({ event, state }) => {
      const lack = lackOf(driver, event, state, isActor);
      return lack === null ? [] : [{ what: `${event} while ${state}`, because: `the driver has no ${lack}` }];
    });
    return toReport(spec.name, results, [...notTaken, ...lacking]);
  });
}

/**
 * Runs a service along one path, as `testServiceLifecycle` does along all of them, for one test a path:
 * `for (const path of lifecyclePaths({ spec, driver })) test(path.title, () => takeLifecyclePath(make, driver, path))`.
 *
 * @throws Error that lists all that went wrong, with the result as `cause`; SupervisorError ERR_INVALID_SPEC.
 */
export function takeLifecyclePath(
  make: () => ServiceSpec,
  driver: LifecycleDriver,
  path: LifecyclePath,
): Promise<LifecycleResult> {
  return inTurn(async () => {
    refuseSupervisor(make());
    const { results } = await new Walk(make, driver).takeAll([path]);
    const [result] = results;
    const wrong = toFindings(results).map(formatFinding);
    if (wrong.length > 0) throw new Error(wrong.join("\n"), { cause: result });
    return result!;
  });
}

let queue: Promise<unknown> = Promise.resolve();

/** Two calls at once would count what the other one opens. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const next = queue.then(work);
  queue = next.catch(() => {});
  return next;
}

function refuseSupervisor(spec: ServiceSpec): void {
  if ((spec as { services?: unknown } | null)?.services === undefined) return;
  const message = `${spec.name}: testServiceLifecycle is for one service; for a tree of services there is exploreTree`;
  throw new SupervisorError("ERR_INVALID_SPEC", message, { path: spec.name });
}

function toReport(
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
