// What went wrong on a path: at which step, what was expected, what was.

export class LifecycleMismatch extends Error {
  /** The events up to the one that led elsewhere. */
  readonly taken: string;

  constructor(taken: string, message: string) {
    super(`after ${taken}: ${message}`);
    this.taken = taken;
  }
}
