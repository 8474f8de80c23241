// traffic.ts: the traffic that a driver sends through a service on one path: begun once, when it is up and well.

import type { LifecycleDriver, LifecycleSubject } from "./lifecycle-driver.ts";
import type { LifecyclePath } from "./lifecycle-paths.ts";

export class Traffic {
  /** What the driver threw. */
  error: Error | null = null;
  readonly #driver: LifecycleDriver;
  readonly #path: LifecyclePath;
  #hasBegun = false;
  #end: unknown;

  constructor(driver: LifecycleDriver, path: LifecyclePath) {
    this.#driver = driver;
    this.#path = path;
  }

  /** Whether the service is up and well after this step, for the first time on its path. */
  isToBegin(index: number): boolean {
    const { state, phase } = this.#path.steps[index]!;
    return this.#driver.exercise !== undefined && !this.#hasBegun && state === "running" && phase === "healthy";
  }

  async begin(subject: LifecycleSubject): Promise<void> {
    this.#hasBegun = true;
    try {
      this.#end = await this.#driver.exercise?.(subject);
    } catch (error) {
      this.error = error instanceof Error ? error : new Error(String(error));
    }
  }

  async end(): Promise<void> {
    if (typeof this.#end === "function") await this.#end();
  }
}
