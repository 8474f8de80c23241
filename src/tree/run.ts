// run.ts: the promises of one run of a tree: started, stopped, exit.

import type { SupervisorError } from "../contract/errors.ts";

/** How a run of the tree ended. */
export type TreeExit =
  | { readonly kind: "stopped" }
  | { readonly kind: "completed" }
  | { readonly kind: "failed"; readonly error: SupervisorError };

export class Run {
  readonly exit: Promise<TreeExit>;
  readonly started: Promise<void>;
  settleExit!: (exit: TreeExit) => void;
  settleStart!: (error: SupervisorError | null) => void;
  isUp = false;
  abortReason: unknown = undefined;
  unlisten: () => void = () => {};
  hasEnded = false;
  #stopped: Promise<void> | null = null;
  #settleStop: ((error: SupervisorError | null) => void) | null = null;

  constructor() {
    this.exit = new Promise((resolve) => {
      this.settleExit = resolve;
    });
    this.started = quiet((settle) => {
      this.settleStart = settle;
    });
  }

  /** Made when it is first read: most runs are never stopped by a call. */
  get stopped(): Promise<void> {
    this.#stopped ??= quiet((settle) => {
      this.#settleStop = settle;
    });
    return this.#stopped;
  }

  settleStop(error: SupervisorError | null): void {
    this.#settleStop?.(error);
  }
}

/** A promise whose rejection never counts as unhandled. */
function quiet(give: (settle: (error: SupervisorError | null) => void) => void): Promise<void> {
  const promise = new Promise<void>((resolve, reject) => {
    give((error) => (error === null ? resolve() : reject(error)));
  });
  promise.catch(() => {});
  return promise;
}
