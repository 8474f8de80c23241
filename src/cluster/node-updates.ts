// node-updates.ts: the updates of the trees of other nodes, for whoever reads them: one question after another, each of which
// is answered when there is something to tell. Nothing is sent while nobody reads.

import { SupervisorError, toError } from "../contract/errors.ts";
import type { Update } from "../contract/updates.ts";
import { textOf } from "../contract/wording.ts";
import { type AskSource, ask } from "./ask.ts";
import { findAsked } from "./asked.ts";

/** An update of a tree as JSON: an error is its name, its message and its code. */
export interface RemoteUpdate {
  readonly type: Update["type"] | "dropped";
  readonly [field: string]: unknown;
}

/** A change of a node's own tree. */
export interface NodeUpdate {
  readonly type: "node";
  readonly node: string;
  readonly session: string;
  /** Its times are those of that node's clock. null: see `error`. */
  readonly update: RemoteUpdate | null;
  /** Why nothing more comes from that node; null: it goes on. */
  readonly error: string | null;
}

/** What a node answers: a batch of its updates, and the number to acknowledge it with. */
export interface Batch {
  readonly batch: number;
  readonly updates: readonly RemoteUpdate[];
}

/** How long to wait for a node that does not answer, in milliseconds. */
const retryMs = 1_000;

let readers = 0;

/**
 * Reads the updates of some nodes from now on, until the returned function is called. A node that has joined again is asked
 * again; what its tree did meanwhile is not told.
 *
 * @throws SupervisorError ERR_UNKNOWN_NODE
 */
export function readNodes(source: AskSource, nodes: readonly string[], push: (update: NodeUpdate) => void): () => void {
  for (const node of nodes) findAsked(source.directory(), node);
  const pumps = nodes.map((node) => new Pump(source, node, push));
  return () => {
    for (const pump of pumps) pump.end();
  };
}

class Pump {
  readonly #source: AskSource;
  readonly #node: string;
  readonly #push: (update: NodeUpdate) => void;
  #isOver = false;
  #timer: unknown = undefined;
  #last = { session: "", reader: "", batch: 0 };

  constructor(source: AskSource, node: string, push: (update: NodeUpdate) => void) {
    this.#source = source;
    this.#node = node;
    this.#push = push;
    void this.#read();
  }

  end(): void {
    this.#isOver = true;
    if (this.#timer !== undefined) this.#source.clock.clearTimeout(this.#timer);
  }

  async #read(): Promise<void> {
    this.#timer = undefined;
    while (!this.#isOver) {
      const error = await this.#readOnce().then(() => null, toError);
      if (error === null) continue;
      if (this.#isOver) return;
      if (error instanceof SupervisorError && error.code === "ERR_NOT_ALLOWED") {
        const { session } = this.#last;
        return this.#push({ type: "node", node: this.#node, session, update: null, error: textOf(error) });
      }
      this.#timer = this.#source.clock.setTimeout(() => void this.#read(), retryMs);
      return;
    }
  }

  async #readOnce(): Promise<void> {
    const asked = findAsked(this.#source.directory(), this.#node);
    const { session } = asked;
    if (session !== this.#last.session) this.#last = { session, reader: `${session}/${++readers}`, batch: 0 };
    const { reader, batch } = this.#last;
    const answer = (await ask(this.#source, asked, "updates", reader, String(batch))) as Batch;
    if (answer.batch === batch) return;
    this.#last = { session, reader, batch: answer.batch };
    for (const update of answer.updates) {
      if (!this.#isOver) this.#push({ type: "node", node: this.#node, session, update, error: null });
    }
  }
}
