// Turns: what a transition asks for is done after it, one job at a time, in the order in which it was asked.
// So no transition runs inside another, no user code runs inside a transition, and no chain of services is too long
// for the stack. Facts go out before the next job, so that a listener hears of a start before the start's code runs.

/** The queue of one tree. */
export class Turns {
  #jobs: (() => void)[] = [];
  #next = 0;
  #running = false;
  /** Listeners are being called. */
  isPublishing = false;
  #planned = false;
  /** Called when a turn is over and nothing of it is left to do. */
  onEnd: () => void = () => {};
  /** Does the work of a turn where it belongs to nobody, whoever has begun the turn. */
  outside: ((work: () => void) => void) | null = null;
  readonly #publish: () => void;
  readonly #onError: (error: unknown) => void;

  constructor(publish: () => void, onError: (error: unknown) => void) {
    this.#publish = publish;
    this.#onError = onError;
  }

  get isRunning(): boolean {
    return this.#running;
  }

  /** Does `work` now, and then all that follows from it. Inside a turn, what follows waits for the turn's end. */
  enter = <T>(work: () => T): T => {
    if (this.#running) return work();
    this.#running = true;
    try {
      return work();
    } finally {
      if (this.outside === null) this.#drain();
      else this.outside(() => this.#drain());
    }
  };

  /** Sends an event to the actor of a chart, in a turn. */
  send<Event>(actor: { send(event: Event): void }, event: Event): void {
    if (this.#running) actor.send(event);
    else this.enter(() => actor.send(event));
  }

  /** Does `job` after the running transition; outside of a turn, in a microtask. */
  later(job: () => void): void {
    this.#jobs.push(job);
    if (this.#running || this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      this.enter(() => {});
    });
  }

  // Few calls deep on purpose: the user's code runs from here, and an error that it makes costs by the depth of the stack.
  #drain(): void {
    this.#tell();
    while (this.#next < this.#jobs.length) {
      const job = this.#jobs[this.#next]!;
      this.#jobs[this.#next++] = done;
      try {
        job();
      } catch (error) {
        this.#onError(error);
      }
      this.#tell();
      if (this.#next >= 4_096 && this.#next * 2 >= this.#jobs.length) this.#shrink();
    }
    this.#jobs.length = 0;
    this.#next = 0;
    this.#running = false;
    this.#guard(this.onEnd);
  }

  #tell(): void {
    this.isPublishing = true;
    this.#guard(this.#publish);
    this.isPublishing = false;
  }

  // A long turn lets go of the jobs that are done, at a cost that is constant per job.
  #shrink(): void {
    this.#jobs = this.#jobs.slice(this.#next);
    this.#next = 0;
  }

  #guard(job: () => void): void {
    try {
      job();
    } catch (error) {
      this.#onError(error);
    }
  }
}

function done(): void {}
