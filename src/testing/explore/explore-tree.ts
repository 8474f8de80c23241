// exploreTree: a property test of a user's own tree: it lives through many plans of faults on a simulated clock, and the
// smallest plan that breaks something is told as a story and printed as a script.

import type { SupervisorSpec } from "../../index.ts";
import { findCandidates } from "./candidates.ts";
import type { Fault, PlannedFault } from "./faults.ts";
import { hunt } from "./hunt.ts";
import { BrokenInvariant } from "./live-tree.ts";
import { anyPlan } from "./plan.ts";
import { toScript, toStory } from "./story.ts";
import { type ExploredRun, type Happening, type Setting, Trial, toTree } from "./trial.ts";

export interface ExploreOptions<Expose = undefined> {
  /** The faults that may happen to each service, by its path; "*" stands for every service to which a fault can happen. */
  readonly faults: Readonly<Record<string, readonly Fault[]>>;
  /**
   * How many plans are lived.
   *
   * @default 200
   */
  readonly runs?: number;
  /**
   * Decides the plans and the jitter. The same seed gives the same ones.
   *
   * @default 1
   */
  readonly seed?: number;
  /**
   * The faults of one plan, at most.
   *
   * @default 6
   */
  readonly maxFaults?: number;
  /**
   * How long a tree lives before it is stopped, in milliseconds of simulated time. Faults happen at any time of it.
   *
   * @default 30_000
   */
  readonly forMs?: number;
  /**
   * Within this time after the last fault is over every critical service is up (or completed), in milliseconds of
   * simulated time; or the tree has not recovered, which is wrong. A tree that has failed does not recover.
   *
   * @default Infinity: recovery is not looked at
   */
  readonly recoversWithinMs?: number;
  /**
   * Called after every step: the start, each fault, each timer, the stop. What it throws is wrong, or that it returns
   * false. It must be quick, and change nothing.
   */
  readonly invariant?: (run: ExploredRun<Expose>) => boolean | undefined | void;
  /** One plan to live, instead of random ones: as a report prints it. */
  readonly plan?: readonly PlannedFault[];
}

export interface ExplorationReport {
  /** Whether nothing went wrong. */
  readonly ok: boolean;
  /** The plans that were lived, until one broke something. */
  readonly runs: number;
  readonly seed: number;
  /** The smallest plan that breaks something; empty if none does, or if no fault is needed. */
  readonly shrunk: readonly PlannedFault[];
  /** What happens in the life of that plan, for a person; one sentence if nothing went wrong. */
  readonly story: string;
  /** That plan as code to be pasted into a test; empty if nothing went wrong. */
  readonly script: string;
  /** Lives that plan again. Rejects with what it breaks. */
  replay(): Promise<void>;
}

/**
 * Lives a tree of yours through plans of faults, and looks for the smallest plan under which something is wrong: an
 * invariant of yours does not hold, the tree does not recover in time, does not come to rest, does not stop, or leaves
 * services or timers behind.
 *
 * `make` returns the tree, anew for each life: its definition, or that and what the invariant is to see. Time is
 * simulated: timers of the tree, `ctx.sleep` and `ctx.now` all follow it. Services that use the host's timers follow it,
 * too, while the fake timers of vitest, jest or sinon are installed. Services that do real work (sockets, processes) live
 * on real time, and do not fit. Needs the package `fast-check`, and no test framework:
 *
 *     const report = await exploreTree(makeTree, { faults: { "*": ["crash", "hangStop"] }, recoversWithinMs: 60_000 });
 *     if (!report.ok) throw new Error(report.story);
 *
 * @throws SupervisorError ERR_UNKNOWN_SERVICE, ERR_INVALID_SPEC: a path, or a fault that cannot happen there, or a wrong
 * definition. Error if fast-check is not installed.
 */
export async function exploreTree<Expose = undefined>(
  make: () => SupervisorSpec | { readonly spec: SupervisorSpec; readonly expose: Expose },
  options: ExploreOptions<Expose>,
): Promise<ExplorationReport> {
  const { runs = 200, seed = 1, maxFaults = 6, forMs = 30_000, recoversWithinMs = Number.POSITIVE_INFINITY } = options;
  const setting: Setting<Expose> = { make, invariant: options.invariant, seed, forMs, recoversWithinMs };
  const candidates = findCandidates(toTree(make()).spec, options.faults);
  const found =
    options.plan === undefined
      ? await hunt(await anyPlan(candidates, { maxFaults, forMs }), (plan) => live(setting, plan), { runs, seed })
      : await liveOnce(setting, options.plan);
  if (found === null) return toSound(options.plan === undefined ? runs : 1, seed);
  if (!(found.error instanceof BrokenInvariant)) throw found.error;
  const plan = found.found;
  const { happenings, error } = await record(setting, plan);
  const wrong = (error ?? found.error).message;
  const count = `${plan.length} ${plan.length === 1 ? "fault" : "faults"}`;
  return {
    ok: false,
    runs: found.runs,
    seed,
    shrunk: plan,
    story: `${wrong}\n\nThe smallest plan that leads there has ${count} (run ${found.runs} of seed ${seed}):\n\n${toStory(happenings, wrong)}`,
    script: toScript(plan, seed),
    replay: () => live(setting, plan),
  };
}

function toSound(runs: number, seed: number): ExplorationReport {
  const story = `Nothing went wrong in ${runs} ${runs === 1 ? "life" : "lives"} (seed ${seed}).`;
  return { ok: true, runs, seed, shrunk: [], story, script: "", replay: async () => {} };
}

/** @throws BrokenInvariant; or what `make` throws. */
async function live<Expose>(
  setting: Setting<Expose>,
  plan: readonly PlannedFault[],
  onHappening?: (happening: Happening) => void,
): Promise<void> {
  const trial = new Trial(setting, onHappening);
  try {
    await trial.live(plan);
  } catch (error) {
    await trial.end();
    throw error;
  }
}

async function liveOnce<Expose>(setting: Setting<Expose>, plan: readonly PlannedFault[]) {
  for (const { path } of plan) findCandidates(toTree(setting.make()).spec, { [path]: [] });
  try {
    await live(setting, plan);
    return null;
  } catch (error) {
    return { found: plan, error: error as Error, runs: 1 };
  }
}

/** Lives a plan once more and keeps what happens until something is wrong. */
async function record<Expose>(setting: Setting<Expose>, plan: readonly PlannedFault[]) {
  const happenings: Happening[] = [];
  const error = await live(setting, plan, (happening) => void happenings.push(happening)).then(
    () => null,
    (reason: unknown) => reason as Error,
  );
  return { happenings, error };
}
