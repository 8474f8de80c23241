// stop-order.ts: the order in which several children stop: side by side, last defined first, dependants before their
// dependencies. A child that is not serving is stopped at once, and again if it comes back.

import type { Child } from "./service.ts";

export class StopOrder {
  /** The children that are still to end, each with the number of its dependants among them. */
  #left: Map<Child, number>;
  readonly #stop: (child: Child) => void;

  constructor(children: readonly Child[], stop: (child: Child) => void) {
    this.#stop = stop;
    this.#left = new Map(children.map((child) => [child, 0]));
    for (const child of children) for (const { dependency } of child.dependencies) this.#count(dependency, 1);
  }

  get isOver(): boolean {
    return this.#left.size === 0;
  }

  /** Stops the children that have no dependants left, and the children that are not serving. */
  begin(): void {
    const ready = [...this.#left].filter(([child, dependants]) => dependants === 0 || !child.standing.isServing);
    for (const [child] of ready.reverse()) this.#stop(child);
  }

  /** To be called when a child has changed and is not down. */
  noteChange(child: Child): void {
    const isBack = !child.standing.isServing && !child.standing.isEnding;
    if (isBack && this.#left.has(child)) this.#stop(child);
  }

  /** To be called when a child is down, or needs no stop any more: its dependencies may stop now. */
  noteDown(child: Child): void {
    if (!this.#left.delete(child)) return;
    const freed = child.dependencies
      .map(({ dependency }) => dependency)
      .filter((dependency) => this.#count(dependency, -1) === 0)
      .sort((a, b) => b.order - a.order);
    for (const dependency of freed) this.#stop(dependency);
  }

  #count(child: Child, by: 1 | -1): number | undefined {
    const dependants = this.#left.get(child);
    if (dependants === undefined) return undefined;
    this.#left.set(child, dependants + by);
    return dependants + by;
  }
}
