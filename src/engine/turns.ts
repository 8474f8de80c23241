// turns.ts: the job queue of a tree, which runs after each transition the jobs that the transition asked for, in order.
//
// So no transition runs inside another, no user code runs inside a transition, and no chain of services is too long
// for the stack. Updates are published before each job: a listener hears of a start before the start's code runs.

/** How many places for jobs are kept from turn to turn. */
const mostKept = 4_096;

/** The queue of one tree. */
export class Turns {
  /** From `#next` to before `#end` are those to do. It keeps its size from turn to turn. */
  #jobs: (() => void)[] = [];
  #next = 0;
  #end = 0;
  #running = false;
  /** Listeners are being called. */
  isPublishing = false;
  #planned = false;
  /** Called when a turn is over and its queue is empty. */
  onEnd: () => void = () => {};
  /** Does work in the async context of the tree, whatever context a job was asked for in. */
  inContext: (work: () => void) => void = (work) => work();
  /** Runs the jobs of a turn outside of any service's scope, even when a service's code began the turn. */
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

  /** Does `work` now, and then every job that follows. Inside a turn, the jobs join the queue of that turn. */
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
    this.#jobs[this.#end++] = job;
    if (this.#running || this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      this.inContext(() => this.enter(() => {}));
    });
  }

  // Few calls deep on purpose: the user's code runs from here, and creating an error costs more on a deeper stack.
  #drain(): void {
    this.#tell();
    while (this.#next < this.#end) {
      const job = this.#jobs[this.#next]!;
      this.#jobs[this.#next++] = done;
      try {
        job();
      } catch (error) {
        this.#onError(error);
      }
      this.#tell();
      if (this.#next >= mostKept && this.#next * 2 >= this.#end) this.#shrink();
    }
    this.#next = 0;
    this.#end = 0;
    if (this.#jobs.length > mostKept) this.#jobs = [];
    this.#running = false;
    this.#guard(this.onEnd);
  }

  #tell(): void {
    this.isPublishing = true;
    this.#guard(this.#publish);
    this.isPublishing = false;
  }

  // Frees the jobs that a long turn has done, at a constant cost per job.
  #shrink(): void {
    this.#jobs = this.#jobs.slice(this.#next, this.#end);
    this.#end = this.#jobs.length;
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
