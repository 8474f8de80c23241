// testServiceLifecycle: drives a user's own service along every path of its life.

import { type ServiceSpec, SupervisorError } from "../index.ts";
import { formatFinding, toFindings } from "./findings.ts";
import { type LifecycleDriver, lackOf } from "./lifecycle-driver.ts";
import { type LifecyclePath, pathsWithin, toLifecycleRule, transitionsOf } from "./lifecycle-paths.ts";
import { type LifecycleReport, toReport } from "./lifecycle-report.ts";
import { type LifecycleResult, Walk } from "./walk.ts";

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
