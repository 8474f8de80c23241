// testServiceLifecycle: drives a user's own service along every path of its life.

import type { ServiceSpec } from "../index.ts";
import { addStock, findLeaks, type Holdings, takeSteadyStock } from "./leaks.ts";
import { type LifecycleDriver, lackOf } from "./lifecycle-driver.ts";
import { LifecycleMismatch } from "./lifecycle-mismatch.ts";
import { type LifecyclePath, pathsWithin, toLifecycleRule, transitionsOf } from "./lifecycle-paths.ts";
import { LifecycleTrial } from "./lifecycle-trial.ts";

/** After so many paths that leaked the test ends: each leak takes its whole grace, and says the same again. */
const mostLeaks = 3;

/** The result of one path. */
export interface LifecycleResult {
  readonly path: LifecyclePath;
  /** How long it took, in milliseconds. */
  readonly tookMs: number;
  /** What was expected and what was, if the path led to another state. */
  readonly mismatch: (Error & { readonly taken: string }) | null;
  /** What is open after the path and was not before it, by kind. */
  readonly leaks: Holdings;
  /** The services that did not stop in time, though the driver did not make them hang. */
  readonly unstopped: readonly string[];
  /** The services that stopped with an error, though the driver did not make them fail. */
  readonly failedToStop: readonly string[];
}

export interface LifecycleReport {
  /** Whether nothing went wrong on any path. Paths that are not covered do not count. */
  readonly ok: boolean;
  /** One line for each thing that went wrong, with its path. */
  readonly problems: readonly string[];
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
 * are its own. After each path the tree is stopped, and what is open then and was not before is reported: sockets, timers, threads, listeners of
 * the process (where the host tells them; node:test, vitest and jest do), and what the driver counts. The first path is
 * taken twice, the first time only to warm up what is made once. After three paths that leaked no other is taken.
 *
 * Needs no test framework: `assert.deepEqual((await testServiceLifecycle(make, driver)).problems, [])`.
 *
 * @throws SupervisorError ERR_INVALID_SPEC if the definition is wrong. What the service does wrong is in the report.
 */
export async function testServiceLifecycle(
  make: () => ServiceSpec,
  driver: LifecycleDriver = {},
): Promise<LifecycleReport> {
  const spec = make();
  const rule = toLifecycleRule(spec);
  const isActor = spec.actor !== undefined;
  const paths = pathsWithin(rule, (event, state) => lackOf(driver, event, state, isActor) === null).filter(
    (path) => driver.select?.(path) ?? true,
  );
  const results: LifecycleResult[] = [];
  if (paths.length > 0) await takePath(make, driver, paths[0]!, {});
  let stock = await takeSteadyStock(driver.count);
  const wrong = new Set<string>();
  const notTaken: { what: string; because: string }[] = [];
  let leaked = 0;
  for (const path of paths) {
    if (leaked === mostLeaks) {
      notTaken.push({ what: path.title, because: `${mostLeaks} paths have leaked: mend those first` });
      continue;
    }
    // A path that begins like a failed one would fail again, and take as long.
    const beginning = [...wrong].find((taken) => `${path.title}, `.startsWith(`${taken}, `));
    if (beginning !== undefined) {
      notTaken.push({ what: path.title, because: `${beginning} leads elsewhere` });
      continue;
    }
    const result = await takePath(make, driver, path, stock);
    stock = addStock(stock, result.leaks);
    if (Object.keys(result.leaks).length > 0) leaked++;
    if (result.mismatch !== null) wrong.add(result.mismatch.taken);
    results.push(result);
  }
  const lacking = transitionsOf(rule).flatMap(({ event, state }) => {
    const lack = lackOf(driver, event, state, isActor);
    return lack === null ? [] : [{ what: `${event} while ${state}`, because: `the driver has no ${lack}` }];
  });
  return toReport(spec.name, results, [...notTaken, ...lacking]);
}

async function takePath(
  make: () => ServiceSpec,
  driver: LifecycleDriver,
  path: LifecyclePath,
  stock: Holdings,
): Promise<LifecycleResult> {
  await driver.before?.(path);
  const began = performance.now();
  const trial = new LifecycleTrial(make(), driver, path);
  const mismatch = await trial.walk().then(
    () => null,
    (error: unknown) => {
      if (error instanceof LifecycleMismatch) return error;
      return new LifecycleMismatch(path.title, `the driver failed: ${String(error)}`);
    },
  );
  const { unstopped, failed } = await trial.end();
  await driver.after?.(path);
  const leaks = await findLeaks(stock, driver.count, driver.graceMs ?? 1_000);
  const isHung = path.steps.some(({ event }) => event === "stop-timeout");
  return {
    path,
    tookMs: performance.now() - began,
    mismatch,
    leaks,
    unstopped: isHung ? [] : unstopped,
    failedToStop: mismatch === null ? failed : [],
  };
}

function toReport(
  name: string,
  results: readonly LifecycleResult[],
  notCovered: LifecycleReport["notCovered"],
): LifecycleReport {
  const problems = results.flatMap(({ path, mismatch, leaks, unstopped, failedToStop }) => [
    ...(mismatch === null ? [] : [mismatch.message]),
    ...Object.entries(leaks).map(([kind, count]) => `after ${path.title}: leaked ${count} ${kind}`),
    ...unstopped.map((message) => `after ${path.title}: ${message}`),
    ...failedToStop.map((message) => `after ${path.title}: ${message}`),
  ]);
  const isWell = ({ mismatch, leaks, unstopped, failedToStop }: LifecycleResult) =>
    mismatch === null && Object.keys(leaks).length + unstopped.length + failedToStop.length === 0;
  return {
    ok: problems.length === 0,
    problems,
    results,
    notCovered,
    toString: () =>
      [
        `${name}: ${results.filter(isWell).length} of ${results.length} paths as they should be`,
        ...problems.map((problem) => `  ${problem}`),
        ...notCovered.map(({ what, because }) => `  not covered: ${what} (${because})`),
      ].join("\n"),
  };
}
