// A store for clusters on a simulated clock, with every fault that a test needs: lost answers, cuts, stops, a lost disk.
// Longer than other files: the faults act on the records, watches and requests of one store.

import type { ClusterStore, StoreConnection, StoreWatcher } from "../cluster/store.ts";
import type { Clock } from "../contract/spec.ts";

export interface SimulatedStore extends ClusterStore {
  /** The store as one node sees it: `cut` and `heal` name that node. */
  as(node: string): ClusterStore;
  /** Nothing gets through between the store and a node any more, either way; nobody is told. */
  cut(node: string): void;
  heal(node: string): void;
  /** The whole store does not answer. */
  stop(): void;
  start(): void;
  /** The next `count` writes are carried out, and their answers are lost. */
  loseAnswers(count: number): void;
  /** The store loses all its data; revisions begin at 1 again. */
  wipe(): void;
  /** The watch of a node brings nothing more, and nobody is told. */
  staleWatch(node: string): void;
  /** The values of all keys, with their revisions. */
  readonly entries: ReadonlyMap<string, { readonly value: string; readonly revision: number }>;
}

export interface SimulatedStoreOptions {
  /**
   * A source of random numbers of [0, 1), for the latency.
   *
   * @default () => 0.5
   */
  random?: (() => number) | undefined;
  /**
   * The mean time of one way between a node and the store, in milliseconds; it varies from half of it to one and a half.
   *
   * @default 1
   */
  latencyMs?: number | undefined;
}

/** Makes an empty store. All its times are those of `clock`. */
export function createSimulatedStore(clock: Clock, options: SimulatedStoreOptions = {}): SimulatedStore {
  return new SimulatedEngine(clock, options.random ?? (() => 0.5), options.latencyMs ?? 1);
}

type Opening = Parameters<ClusterStore["open"]>[0];

interface Entry {
  readonly value: string;
  readonly revision: number;
}

interface Watch {
  readonly node: string;
  readonly clusterId: string;
  readonly on: StoreWatcher;
  /** The node's own: nothing reaches a node that is frozen. */
  readonly clock: Clock;
  /** What is under way, in order. */
  readonly queue: (() => void)[];
  /** When the last thing that it was sent arrives: what follows comes no earlier. */
  lastAt: number;
  isStale: boolean;
  isOver: boolean;
}

class SimulatedEngine implements SimulatedStore {
  readonly name = "simulated store";
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #latencyMs: number;
  /** By cluster and key. */
  readonly #entries = new Map<string, Entry>();
  #revision = 0;
  readonly #watches = new Set<Watch>();
  readonly #cut = new Set<string>();
  #isStopped = false;
  #answersToLose = 0;
  readonly #answerers = new Map<
    string,
    { readonly node: string; readonly clock: Clock; readonly handler: (data: string) => Promise<string> }
  >();

  constructor(clock: Clock, random: () => number, latencyMs: number) {
    this.#clock = clock;
    this.#random = random;
    this.#latencyMs = latencyMs;
  }

  as(node: string): ClusterStore {
    return { name: this.name, open: (opening) => this.#open(node, opening) };
  }

  open(opening: Opening): Promise<StoreConnection> {
    return this.#open("", opening);
  }

  cut(node: string): void {
    this.#cut.add(node);
  }

  heal(node: string): void {
    this.#cut.delete(node);
    this.#endWatches((watch) => watch.node === node);
  }

  stop(): void {
    this.#isStopped = true;
  }

  start(): void {
    this.#isStopped = false;
    this.#endWatches(() => true);
  }

  loseAnswers(count: number): void {
    this.#answersToLose += count;
  }

  wipe(): void {
    this.#entries.clear();
    this.#revision = 0;
    this.#endWatches(() => true);
  }

  staleWatch(node: string): void {
    for (const watch of this.#watches) if (watch.node === node) watch.isStale = true;
  }

  get entries(): ReadonlyMap<string, Entry> {
    return new Map([...this.#entries].map(([key, entry]) => [key.slice(key.indexOf(" ") + 1), entry]));
  }

  /** A watch that was interrupted reports that it may have missed something. */
  #endWatches(isMeant: (watch: Watch) => boolean): void {
    for (const watch of [...this.#watches]) {
      if (!isMeant(watch) || watch.isStale) continue;
      this.#watches.delete(watch);
      this.#deliver(watch, () => watch.on.stale(new Error("the watch was interrupted")));
    }
  }

  #isReachable(node: string): boolean {
    return !this.#isStopped && !this.#cut.has(node);
  }

  #oneWayMs(): number {
    return this.#latencyMs * (0.5 + this.#random());
  }

  /** Carries out an operation after one way, and answers after another. Without a way, it never settles. */
  #operate<T>(node: string, clock: Clock, isWrite: boolean, work: () => T): Promise<T> {
    return new Promise((resolve) => {
      this.#clock.setTimeout(() => {
        if (!this.#isReachable(node)) return;
        const answer = work();
        if (isWrite && this.#answersToLose > 0) {
          this.#answersToLose--;
          return;
        }
        // The node's own clock: a node that is frozen takes its answers when it wakes.
        clock.setTimeout(() => this.#isReachable(node) && resolve(answer), this.#oneWayMs());
      }, this.#oneWayMs());
    });
  }

  #write(cluster: string, key: string, value: string | null): number {
    const revision = ++this.#revision;
    const full = `${cluster} ${key}`;
    if (value === null) this.#entries.delete(full);
    else this.#entries.set(full, { value, revision });
    for (const watch of this.#watches) {
      if (watch.clusterId === cluster) this.#deliver(watch, () => watch.on.entry(key, value, revision));
    }
    return revision;
  }

  /** Delivers in order, if there is a way when it is sent. */
  #deliver(watch: Watch, report: () => void): void {
    if (watch.isStale || watch.isOver || !this.#isReachable(watch.node)) return;
    const at = Math.max(watch.lastAt, this.#clock.now() + this.#oneWayMs());
    watch.lastAt = at;
    watch.queue.push(report);
    // A clock that has been set to another rate fires in another order: what was sent first arrives first all the same.
    watch.clock.setTimeout(() => {
      const next = watch.queue.shift();
      if (!watch.isOver && !watch.isStale) next?.();
    }, at - this.#clock.now());
  }

  async #open(node: string, { id, clock, signal }: Opening): Promise<StoreConnection> {
    signal.throwIfAborted();
    await this.#operate(node, clock, false, () => {});
    return this.#connect(node, id, clock);
  }

  #connect(node: string, id: string, clock: Clock): StoreConnection {
    let isClosed = false;
    const watches = new Set<Watch>();
    const removers = new Set<() => void>();
    const find = (key: string) => this.#entries.get(`${id} ${key}`);
    const operate = <T>(isWrite: boolean, work: () => T): Promise<T> =>
      isClosed ? Promise.reject(new Error("the connection is closed")) : this.#operate(node, clock, isWrite, work);
    return {
      create: (key, value) => operate(true, () => (find(key) === undefined ? this.#write(id, key, value) : null)),
      replace: (key, value, revision) =>
        operate(true, () => (find(key)?.revision === revision ? this.#write(id, key, value) : null)),
      remove: (key, revision) =>
        operate(true, () => find(key)?.revision === revision && this.#write(id, key, null) > 0),
      read: (key) => operate(false, () => find(key) ?? null),
      watch: (on) => {
        const watch = this.#watch(node, id, clock, on);
        watches.add(watch);
        return () => this.#endWatch(watch);
      },
      ask: (address, data, timeoutMs) => this.#ask(node, clock, `${id} ${address}`, data, timeoutMs),
      answer: (address, handler) => {
        const full = `${id} ${address}`;
        this.#answerers.set(full, { node, clock, handler });
        const remove = () => void this.#answerers.delete(full);
        removers.add(remove);
        return remove;
      },
      changeServer() {},
      close: async () => {
        isClosed = true;
        for (const watch of watches) this.#endWatch(watch);
        for (const remove of removers) remove();
      },
    };
  }

  #endWatch(watch: Watch): void {
    watch.isOver = true;
    this.#watches.delete(watch);
  }

  #watch(node: string, clusterId: string, clock: Clock, on: StoreWatcher): Watch {
    const watch: Watch = { node, clusterId, on, clock, queue: [], lastAt: 0, isStale: false, isOver: false };
    this.#clock.setTimeout(() => {
      if (watch.isOver) return;
      if (!this.#isReachable(node)) return clock.setTimeout(() => on.stale(new Error("no way to the store")), 1_000);
      const all = [...this.#entries].filter(([key]) => key.startsWith(`${clusterId} `));
      for (const [key, { value, revision }] of all.sort(([, a], [, b]) => a.revision - b.revision)) {
        this.#deliver(watch, () => on.entry(key.slice(clusterId.length + 1), value, revision));
      }
      this.#deliver(watch, () => on.synced());
      this.#watches.add(watch);
    }, this.#oneWayMs());
    return watch;
  }

  #ask(node: string, clock: Clock, address: string, data: string, timeoutMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      const settle = (act: () => void) => {
        clock.clearTimeout(timer);
        act();
      };
      this.#clock.setTimeout(() => {
        const answerer = this.#answerers.get(address);
        if (!this.#isReachable(node)) return;
        if (answerer === undefined || !this.#isReachable(answerer.node))
          return settle(() => reject(new Error(`nobody answers at ${address}`)));
        const answer = (act: () => void) =>
          this.#clock.setTimeout(() => this.#isReachable(answerer.node) && settle(act), this.#oneWayMs());
        // The node's own clock: one that is frozen answers when it wakes.
        answerer.clock.setTimeout(
          () =>
            answerer.handler(data).then(
              (text) => answer(() => resolve(text)),
              (error) => answer(() => reject(error)),
            ),
          0,
        );
      }, this.#oneWayMs());
    });
  }
}
