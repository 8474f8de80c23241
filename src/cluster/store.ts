// store.ts: the interface of the engine under a cluster: records with revisions, one watch over all of them, and questions
// from node to node. `testClusterStore` of statevisor/testing checks an implementation.

import type { Clock } from "../contract/spec.ts";

/** An engine that keeps the records of clusters. */
export interface ClusterStore {
  /** For people: what it is and where, without passwords. */
  readonly name: string;
  /**
   * Connects. Rejects when the engine cannot be reached or refuses; the cluster tries again with a backoff.
   *
   * `id` names the cluster: stores of the same engine with other ids see nothing of each other. `signal` gives up the attempt.
   */
  open(options: { id: string; clock: Clock; signal: AbortSignal }): Promise<StoreConnection>;
}

/**
 * A connection to the engine. Revisions are positive integers that grow with every write to the cluster, whatever the key.
 *
 * `null` and `false` mean that a write was refused, for certain. A rejection means that its outcome is unknown: it may have
 * been carried out, or may be later.
 */
export interface StoreConnection {
  /** For how long no write may get through while its servers elect a leader, in milliseconds. Without it: they elect none. */
  readonly electionMs?: number;
  /** Writes a key that has no value. Returns the revision; null if the key has one. */
  create(key: string, value: string): Promise<number | null>;
  /** Replaces the value of a key whose revision is the given one. Returns the new revision; null if it is another. */
  replace(key: string, value: string, revision: number): Promise<number | null>;
  /** Removes the value of a key whose revision is the given one. */
  remove(key: string, revision: number): Promise<boolean>;
  /** The newest value of a key; never one from a replica that may lag. */
  read(key: string): Promise<{ value: string; revision: number } | null>;
  /**
   * Reports every value that there is, then `synced` once, then every change, in the order of the revisions; of several changes
   * of one key, the newest is enough. A value of null is a removal. `stale`: it may have missed something and reports nothing more; watch again. Returns the remover.
   */
  watch(on: StoreWatcher): () => void;
  /** Asks the node that answers at an address. Rejects if nobody does within `timeoutMs`. */
  ask(address: string, data: string, timeoutMs: number): Promise<string>;
  /** Answers questions at an address. Returns the remover. */
  answer(address: string, handler: (data: string) => Promise<string>): () => void;
  /** The server that it talks to does not answer: talk to another, if there is one. */
  changeServer(): void;
  /** Ends everything of it. Operations in flight reject, or never settle. */
  close(): Promise<void>;
}

export interface StoreWatcher {
  entry(key: string, value: string | null, revision: number): void;
  synced(): void;
  stale(error: Error): void;
}
