// bereaved.ts: the children that depend on names which no child has now. One that is added under such a name is their
// dependency again.

import type { Child } from "./service.ts";

export class Bereaved {
  readonly #byName = new Map<string, Set<Child>>();

  /** How many names are remembered. */
  get size(): number {
    return this.#byName.size;
  }

  add(name: string, dependant: Child): void {
    const dependants = this.#byName.get(name);
    if (dependants === undefined) this.#byName.set(name, new Set([dependant]));
    else dependants.add(dependant);
  }

  /** The children that depend on a name. */
  of(name: string): readonly Child[] {
    return [...(this.#byName.get(name) ?? [])];
  }

  /** There is a child of this name. */
  comfort(name: string): void {
    this.#byName.delete(name);
  }

  /** Forgets a child that is gone itself. */
  forget(dependant: Child): void {
    for (const { name } of dependant.plan.dependencies) {
      const dependants = this.#byName.get(name);
      if (dependants?.delete(dependant) && dependants.size === 0) this.#byName.delete(name);
    }
  }

  clear(): void {
    this.#byName.clear();
  }
}
