// The error of a path that led elsewhere: the step, what was expected, and what was.

export class LifecycleMismatch extends Error {
  /** The events up to the one that led to another state. */
  readonly taken: string;

  constructor(taken: string, message: string) {
    super(`after ${taken}: ${message}`);
    this.taken = taken;
  }
}
