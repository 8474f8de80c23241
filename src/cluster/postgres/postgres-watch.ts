// postgres-watch.ts: the watches of one connection: they read what is new whenever a notification says that there is.

import type { Client, ClientConfig } from "pg";
import { toError } from "../../contract/errors.ts";
import type { StoreWatcher } from "../store.ts";
import { LazyClient, type loadPg } from "./client.ts";
import type { Sql } from "./sql.ts";

interface Watch {
  readonly on: StoreWatcher;
  seen: number;
  isSynced: boolean;
  isOver: boolean;
  /** A read is under way; another is due after it. */
  isReading: boolean;
  isDue: boolean;
}

export class PostgresWatches {
  readonly #listener: LazyClient;
  /** Reads go through another connection: the listener's may be lost while a read is under way. */
  readonly #reader: LazyClient;
  readonly #sql: Sql;
  readonly #id: string;
  readonly #watches = new Set<Watch>();
  readonly #mailHandlers = new Set<(address: string, id: string) => void>();

  constructor(pg: Awaited<ReturnType<typeof loadPg>>, config: ClientConfig, sql: Sql, id: string, reader: LazyClient) {
    this.#sql = sql;
    this.#id = id;
    this.#reader = reader;
    this.#listener = new LazyClient(
      pg,
      config,
      (client) => this.#prepare(client),
      (error) => this.#onLost(error),
    );
  }

  async listen(): Promise<void> {
    await this.#listener.connect();
  }

  add(on: StoreWatcher): () => void {
    const watch: Watch = { on, seen: 0, isSynced: false, isOver: false, isReading: false, isDue: false };
    this.#watches.add(watch);
    this.listen().then(
      () => this.#read(watch),
      (error) => this.#end(watch, toError(error)),
    );
    return () => {
      watch.isOver = true;
      this.#watches.delete(watch);
    };
  }

  onMail(handler: (address: string, id: string) => void): () => void {
    this.#mailHandlers.add(handler);
    return () => this.#mailHandlers.delete(handler);
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) watch.isOver = true;
    this.#watches.clear();
    await this.#listener.close();
  }

  async #prepare(client: Client): Promise<void> {
    const { channel } = this.#sql;
    client.on("notification", ({ payload = "" }) => this.#onNotification(payload));
    await client.query(`listen ${channel}`);
    // A proxy that pools transactions gives the next statement another session, which does not listen.
    const { rows } = await client.query("select pg_listening_channels() as channel");
    if (!rows.some((row) => row.channel === channel))
      throw new Error("LISTEN does not last: connect to PostgreSQL without a proxy that pools transactions");
  }

  #onNotification(payload: string): void {
    const [kind, id, address = "", mail = ""] = payload.split(" ");
    if (id !== this.#id) return;
    if (kind === "r") for (const watch of this.#watches) this.#read(watch);
    if (kind === "m") for (const handler of [...this.#mailHandlers]) handler(address, mail);
  }

  #onLost(error: Error): void {
    for (const watch of [...this.#watches]) this.#end(watch, error);
    // Questions must get through again without a watch.
    void this.listen().catch(() => {});
  }

  #end(watch: Watch, error: Error): void {
    if (watch.isOver) return;
    watch.isOver = true;
    this.#watches.delete(watch);
    watch.on.stale(error);
  }

  #read(watch: Watch): void {
    if (watch.isReading) {
      watch.isDue = true;
      return;
    }
    watch.isReading = true;
    this.#reader.query(this.#sql.since, [this.#id, watch.seen]).then(
      (rows) => {
        watch.isReading = false;
        for (const { key, value, rev } of rows) {
          if (watch.isOver) return;
          watch.seen = Number(rev);
          // What was removed before the watch began is not news.
          if (value !== null || watch.isSynced)
            watch.on.entry(String(key), value === null ? null : String(value), watch.seen);
        }
        if (watch.isOver) return;
        if (!watch.isSynced) {
          watch.isSynced = true;
          watch.on.synced();
        }
        if (!watch.isDue) return;
        watch.isDue = false;
        this.#read(watch);
      },
      (error) => this.#end(watch, toError(error)),
    );
  }
}
