// tree-readers.ts: what this node answers to those who read the updates of its tree: batches, each kept until it is acknowledged.

import type { Clock } from "../contract/context.ts";
import type { WholeTree } from "../contract/director.ts";
import { summariseError } from "../contract/error-summary.ts";
import { SupervisorError } from "../contract/errors.ts";
import type { Dropped, Update } from "../contract/updates.ts";
import type { Batch, RemoteUpdate } from "./node-updates.ts";

/** How long an answer waits for the first update, and then for more, in milliseconds. */
const patienceMs = 1_000;
const togetherMs = 50;
/** A reader that has not asked for so long is gone, in milliseconds. */
const keptMs = 10_000;
const mostReaders = 20;
/** The most updates of one answer. */
const mostAtOnce = 200;

interface TreeReader {
  readonly iterator: AsyncIterableIterator<Update | Dropped>;
  readonly waiting: RemoteUpdate[];
  pending: Batch;
  timer: unknown;
  /** Called at each update. */
  wake: () => void;
}

export class TreeReaders {
  readonly #clock: Clock;
  readonly #tree: () => WholeTree;
  readonly #readers = new Map<string, TreeReader>();

  constructor(clock: Clock, tree: () => WholeTree) {
    this.#clock = clock;
    this.#tree = tree;
  }

  /** The next batch for a reader. `acknowledged`: the number of the last one that it got. */
  async read(id: string, acknowledged: number): Promise<Batch> {
    const reader = this.#readers.get(id) ?? this.#begin(id);
    if (reader.timer !== undefined) this.#clock.clearTimeout(reader.timer);
    reader.timer = this.#clock.setTimeout(() => this.#end(id), keptMs);
    // The answer was lost.
    if (acknowledged !== reader.pending.batch) return reader.pending;
    if (reader.waiting.length === 0) await this.#wait(reader, patienceMs);
    if (reader.waiting.length === 0) return reader.pending;
    await this.#sleep(togetherMs);
    reader.pending = { batch: acknowledged + 1, updates: reader.waiting.splice(0, mostAtOnce) };
    return reader.pending;
  }

  close(): void {
    for (const id of [...this.#readers.keys()]) this.#end(id);
  }

  #begin(id: string): TreeReader {
    if (this.#readers.size >= mostReaders)
      throw new SupervisorError("ERR_NOT_ALLOWED", `${mostReaders} others read its updates already`);
    const iterator = this.#tree().updates();
    const pending = { batch: 0, updates: [] };
    const reader: TreeReader = { iterator, waiting: [], pending, timer: undefined, wake: () => {} };
    this.#readers.set(id, reader);
    void this.#follow(reader);
    return reader;
  }

  async #follow(reader: TreeReader): Promise<void> {
    for await (const update of reader.iterator) {
      reader.waiting.push(toRemote(update));
      reader.wake();
      // The iterator drops what does not fit, and says how much.
      if (reader.waiting.length >= mostAtOnce) await this.#sleep(togetherMs);
    }
  }

  #end(id: string): void {
    const reader = this.#readers.get(id);
    if (reader === undefined) return;
    this.#readers.delete(id);
    if (reader.timer !== undefined) this.#clock.clearTimeout(reader.timer);
    void reader.iterator.return?.();
    reader.wake();
  }

  #wait(reader: TreeReader, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(() => resolve(), ms);
      reader.wake = () => {
        this.#clock.clearTimeout(timer);
        resolve();
      };
    });
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.setTimeout(resolve, ms));
  }
}

/** As JSON. What a service has returned may be anything, and stays there. */
function toRemote(update: Update | Dropped): RemoteUpdate {
  const text = JSON.stringify(update, (key, value: unknown) => {
    if (key === "value") return undefined;
    if (!(value instanceof Error)) return value;
    const { stack: _, ...summary } = summariseError(value);
    return summary;
  });
  return JSON.parse(text) as RemoteUpdate;
}
