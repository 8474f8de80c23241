// client.ts: one connection to PostgreSQL that is made when it is first needed, and made anew after it was lost.

import type { Client, ClientConfig } from "pg";
import { SupervisorError, toError } from "../../contract/errors.ts";

type Pg = typeof import("pg");

/** The package, which is optional, loaded when a store is first opened. */
export async function loadPg(): Promise<Pg["default"]> {
  try {
    return (await import("pg")).default;
  } catch (cause) {
    throw new SupervisorError("ERR_CLUSTER_UNREACHABLE", "postgresStore needs the package pg; install it", { cause });
  }
}

export interface Row {
  readonly [column: string]: unknown;
}

export class LazyClient {
  readonly #pg: Pg["default"];
  readonly #config: ClientConfig;
  /** Prepares a new connection. */
  readonly #prepare: (client: Client) => Promise<void>;
  readonly #onLost: (error: Error) => void;
  #client: Promise<Client> | null = null;
  #current: Client | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(
    pg: Pg["default"],
    config: ClientConfig,
    prepare: (client: Client) => Promise<void> = async () => {},
    onLost: (error: Error) => void = () => {},
  ) {
    this.#pg = pg;
    this.#config = config;
    this.#prepare = prepare;
    this.#onLost = onLost;
  }

  /** Queries run one after another. */
  query(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const run = async () => {
      const client = await this.connect();
      return (await client.query(text, [...values])).rows as Row[];
    };
    const result = this.#last.then(run, run);
    this.#last = result.catch(() => {});
    return result;
  }

  connect(): Promise<Client> {
    if (this.#isClosed) return Promise.reject(new Error("the connection is closed"));
    this.#client ??= this.#connect();
    return this.#client;
  }

  async #connect(): Promise<Client> {
    const client = new this.#pg.Client(this.#config);
    const lost = (error?: Error) => {
      client.removeAllListeners("end");
      client.on("error", () => {});
      if (this.#current === client) this.#drop();
      void client.end().catch(() => {});
      this.#onLost(toError(error ?? new Error("the connection to PostgreSQL was closed")));
    };
    client.once("error", lost);
    client.once("end", lost);
    this.#current = client;
    try {
      await client.connect();
      // An acknowledged write must be on the disk.
      const [{ synchronous_commit: commit } = {}] = (await client.query("show synchronous_commit")).rows;
      if (commit === "off") await client.query("set synchronous_commit = on");
      await this.#prepare(client);
      return client;
    } catch (error) {
      if (this.#current === client) this.#drop();
      client.removeAllListeners("end");
      void client.end().catch(() => {});
      throw error;
    }
  }

  #drop(): void {
    this.#current = null;
    this.#client = null;
  }

  /** Drops the connection; the next query makes another. What is in flight rejects. */
  reset(): void {
    const client = this.#current;
    if (client === null) return;
    // A server that hangs does not answer a polite end.
    (client as unknown as { connection: { stream: { destroy(error: Error): void } } }).connection.stream.destroy(
      new Error("the server does not answer"),
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const client = this.#current;
    this.#drop();
    if (client === null) return;
    client.removeAllListeners("end");
    client.on("error", () => {});
    await client.end().catch(() => {});
  }
}
