// walk.ts: takes one service along paths of its life, one after another, and finds what went wrong on each.

import type { ServiceSpec } from "../index.ts";
import type { Problem } from "./findings.ts";
import { addStock, findLeaks, type Holdings, keyOf, type Leaks, takeSteadyStock, watchListeners } from "./leaks.ts";
import type { LifecycleDriver } from "./lifecycle-driver.ts";
import { LifecycleMismatch } from "./lifecycle-mismatch.ts";
import type { LifecyclePath } from "./lifecycle-paths.ts";
import { LifecycleTrial } from "./lifecycle-trial.ts";
import { Scope, watchHost } from "./scopes.ts";

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
  /** Everything that went wrong on the path, with the line that made it where that is known. */
  readonly found: readonly Problem[];
}

/** The paths of one service. */
export class Walk {
  readonly #make: () => ServiceSpec;
  readonly #driver: LifecycleDriver;
  /** The leaks that were found so far: their grace was paid. */
  readonly #known = new Set<string>();
  #stock: Holdings = {};

  constructor(make: () => ServiceSpec, driver: LifecycleDriver) {
    this.#make = make;
    this.#driver = driver;
  }

  async takeAll(paths: readonly LifecyclePath[]) {
    const results: LifecycleResult[] = [];
    const notTaken: { what: string; because: string }[] = [];
    const wrong = new Map<string, string>();
    const unwatch = watchHost();
    try {
      // What is made once and kept is no leak; where it is known who made what, nothing has to close before the next path.
      if (paths.length > 0) await this.#take(paths[0]!, Scope.isExact ? 0 : undefined);
      this.#known.clear();
      this.#stock = await takeSteadyStock(this.#driver);
      for (const path of paths) {
        // A path that begins like a failed one would fail again, and take as long.
        const [taken] = [...wrong.keys()].filter((one) => `${path.title}, `.startsWith(`${one}, `));
        if (taken !== undefined) {
          notTaken.push({ what: path.title, because: `${taken} ${wrong.get(taken)}` });
          continue;
        }
        const result = await this.#take(path);
        this.#stock = addStock(this.#stock, countedOf(result.leaks));
        if (result.mismatch !== null) wrong.set(result.mismatch.taken, "leads elsewhere");
        results.push(result);
        if (result.unstopped.length === 0) continue;
        // Each stop that hangs takes its whole deadline, and says the same again.
        for (const other of paths.slice(paths.indexOf(path) + 1)) {
          notTaken.push({ what: other.title, because: `after ${path.title} the stop hangs: mend that first` });
        }
        break;
      }
    } finally {
      unwatch();
    }
    return { results, notTaken };
  }

  async #take(path: LifecyclePath, graceMs?: number): Promise<LifecycleResult> {
    const driver = this.#driver;
    await driver.before?.(path);
    const began = performance.now();
    const scope = new Scope();
    const unwatch = watchListeners(driver, scope);
    const trial = scope.inside(() => new LifecycleTrial(this.#make(), driver, path));
    const mismatch = await trial.walk().then(
      () => null,
      (error: unknown) => {
        if (error instanceof LifecycleMismatch) return error;
        return new LifecycleMismatch(path.title, `the driver failed: ${String(error)}`);
      },
    );
    const { unstopped, failed } = await trial.end();
    await driver.after?.(path);
    const leaks = await findLeaks(
      this.#stock,
      scope,
      graceMs === undefined ? driver : { ...driver, graceMs },
      this.#known,
    );
    unwatch();
    scope.close();
    for (const one of [...leaks.leaked, ...leaks.late]) this.#known.add(keyOf(one));
    const isHung = path.steps.some(({ event }) => event === "stop-timeout");
    const outcome = {
      path,
      tookMs: performance.now() - began,
      mismatch,
      leaks: leaks.holdings,
      unstopped: isHung ? [] : unstopped,
      failedToStop: mismatch === null ? failed : [],
    };
    return { ...outcome, found: toProblems(outcome, trial.trafficError, leaks, scope) };
  }
}

/** The leaks that are counted, and would be counted again after the next path. */
function countedOf(leaks: Holdings): Holdings {
  if (!Scope.isExact) return leaks;
  return Object.fromEntries(Object.entries(leaks).filter(([kind]) => /[^A-Za-z]/.test(kind)));
}

function toProblems(
  { mismatch, unstopped, failedToStop }: Omit<LifecycleResult, "found">,
  trafficError: Error | null,
  { leaked, late }: Leaks,
  { strays }: Scope,
): Problem[] {
  const nowhere = (what: string): Problem => ({ what, madeAt: null });
  return [
    ...(trafficError === null
      ? []
      : [nowhere(`it says that it is ready, and exercise fails: ${trafficError.message}`)]),
    ...(mismatch === null ? [] : [nowhere(mismatch.message.replace(`after ${mismatch.taken}: `, ""))]),
    ...unstopped.map(nowhere),
    ...failedToStop.map(nowhere),
    ...strays,
    ...leaked.map(({ kind, madeAt }) => ({ what: `leaked ${kind}`, madeAt })),
    ...late.map(({ kind, madeAt }) => ({ what: `late ${kind}: still open after the stop had resolved`, madeAt })),
  ];
}
