// dependencies.ts: invariants of dependants: what goes down with a dependency, and what stops before it.

import type { Dependency, Update } from "../../../src/index.ts";
import type { ChildShape } from "../shape.ts";
import type { Status } from "./moment.ts";

type StatusUpdate = Extract<Update, { type: "status" }>;

/** What the checker asks of the world. */
export interface Surroundings {
  statusOf(path: string): Status | undefined;
  /** The shapes of the siblings of a path, by name, itself included. */
  siblingsOf(path: string): ReadonlyMap<string, ChildShape>;
  /** Why a service that was up is asked to stop, where an order is promised. */
  whyStopped(path: string): "teardown" | "byHand" | null;
  /** Whether the supervisor of a path stops all of its services. */
  isTearingDown(path: string): boolean;
  /** The user has asked one service to start after asking the other one to stop. */
  isStartedAfter(path: string, other: string): boolean;
}

interface Leaving {
  readonly path: string;
  readonly incarnation: number;
  readonly because: string;
}

export class DependencyChecker {
  readonly #around: Surroundings;
  #leaving: Leaving[] = [];
  /** Services that were asked to stop for another reason, before their supervisor stopped all of them. */
  readonly #ahead = new Set<string>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Collects what has to go down with a service that goes down. */
  note({ path, from, to, phase }: StatusUpdate): void {
    if (to === "stopping" && !this.#around.isTearingDown(path)) this.#ahead.add(path);
    else this.#ahead.delete(path);
    if (from !== "running" || to === "running") return;
    for (const { path: dependant, edge } of this.#dependantsOf(path)) {
      const status = this.#around.statusOf(dependant);
      if (status === undefined || !isUpOrComing(status)) continue;
      if (!goesWith(edge, status, path) || (edge.condition === "completed" && phase === "completed")) continue;
      this.#leaving.push({ path: dependant, incarnation: status.incarnation, because: path });
    }
  }

  /** The path was removed: one of its name that comes is another service. */
  forget(path: string): void {
    const isOf = (one: string) => one === path || one.startsWith(`${path}/`);
    this.#leaving = this.#leaving.filter((leaving) => !isOf(leaving.path));
  }

  /** Called when the code of a service is asked to stop: returns the dependants that had to stop before it. */
  findTooLate(path: string): string[] {
    const why = this.#around.whyStopped(path);
    if (why === null || (why === "teardown" && this.#ahead.has(path))) return [];
    return this.#dependantsOf(path).flatMap(({ path: dependant, edge }) => {
      const status = this.#around.statusOf(dependant);
      if (status === undefined || !(isUpOrComing(status) || status.state === "stopping")) return [];
      if (why === "byHand" && (!goesWith(edge, status, path) || this.#around.isStartedAfter(dependant, path)))
        return [];
      return [`${path} is asked to stop, and ${dependant}, which depends on it, is ${status.state}`];
    });
  }

  /** What has not gone down with its dependency. A stop in order may still be on its way to it. */
  findStayed(isStopping: boolean): string[] {
    const stayed = this.#leaving.filter(({ path, incarnation }) => {
      const status = this.#around.statusOf(path);
      return status !== undefined && status.incarnation === incarnation && isUpOrComing(status);
    });
    this.#leaving = isStopping ? stayed : [];
    if (isStopping) return [];
    return stayed.map(({ path, because }) => `${because} has gone down, and ${path}, which goes with it, is up`);
  }

  #dependantsOf(path: string): { path: string; edge: Dependency }[] {
    const name = path.slice(path.lastIndexOf("/") + 1);
    return [...this.#around.siblingsOf(path)].flatMap(([sibling, { dependsOn = [] }]) =>
      dependsOn
        .filter(({ service }) => service === name)
        .map((edge) => ({ path: `${parentOf(path)}/${sibling}`, edge })),
    );
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function isUpOrComing({ state, phase }: Status): boolean {
  return state === "running" || phase === "launching";
}

/** Whether a dependant stops or restarts with its dependency. Without `onFailure` it does while it holds its value. */
function goesWith({ onFailure }: Dependency, { holds }: Status, path: string): boolean {
  if (onFailure !== undefined) return onFailure !== "ignore";
  return holds.some((held) => held.path === path || held.path.startsWith(`${path}/`));
}
