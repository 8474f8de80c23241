// A connection to one thread of PostgreSQL, from its start to its end.

import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** The rejection of a query while the database is down. A later attempt may succeed. */
export class DatabaseDown extends Error {}

interface Question {
  resolve(rows: never[]): void;
  reject(error: Error): void;
}

export class Connection {
  /** Resolves when the thread has ended, whatever the reason. */
  readonly ended: Promise<void>;
  readonly #thread: Worker;
  readonly #open = new Map<number, Question>();
  #asked = 0;
  #isUp = true;

  /** Resolves when PostgreSQL is up. A folder without a database gets one, which takes some seconds. */
  static async open(folder: string, signal: AbortSignal): Promise<Connection> {
    const thread = new Worker(new URL("database-thread.js", import.meta.url), { workerData: { folder } });
    try {
      await once(thread, "message", { signal });
      return new Connection(thread);
    } catch (error) {
      await thread.terminate();
      throw error;
    }
  }

  constructor(thread: Worker) {
    this.#thread = thread;
    this.ended = new Promise((resolve) => thread.once("exit", resolve)).then(() => this.#noteEnd());
    thread.on("error", () => {}); // its exit follows, and is handled
    thread.on("message", ({ id, rows, error }) => {
      const question = this.#open.get(id);
      this.#open.delete(id);
      if (error === undefined) question?.resolve(rows);
      else question?.reject(new Error(error));
    });
  }

  query<Row>(sql: string, params: unknown[] = []): Promise<Row[]> {
    if (!this.#isUp) return Promise.reject(new DatabaseDown("the database is down"));
    return new Promise((resolve, reject) => {
      this.#open.set(++this.#asked, { resolve, reject });
      this.#thread.postMessage({ type: "query", id: this.#asked, sql, params });
    });
  }

  /** Lets PostgreSQL finish; a thread that does not answer is ended by force. */
  async close(): Promise<void> {
    this.#thread.postMessage({ type: "close" });
    const force = setTimeout(() => this.kill(), 300);
    await this.ended;
    clearTimeout(force);
  }

  /** Kills the thread. Returns whether there was one. */
  kill(): boolean {
    this.#thread.terminate();
    return this.#isUp;
  }

  /** Freezes the thread. Returns whether there was one. */
  freeze(): boolean {
    this.#thread.postMessage({ type: "freeze" });
    return this.#isUp;
  }

  #noteEnd(): void {
    this.#isUp = false;
    for (const { reject } of this.#open.values()) reject(new DatabaseDown("the database went down"));
    this.#open.clear();
  }
}
