// mail.ts: questions and answers between nodes, as rows of a table that notifications announce: a notification alone holds
// no more than 8,000 bytes.

import { toError } from "../../contract/errors.ts";
import type { LazyClient } from "./client.ts";
import type { PostgresWatches } from "./postgres-watch.ts";
import type { Sql } from "./sql.ts";

/** The first character of an answer says whether it is one, or the message of an error. */
const good = "+";
const bad = "-";

export class Mail {
  readonly #client: LazyClient;
  readonly #sql: Sql;
  readonly #id: string;
  readonly #handlers = new Map<string, (data: string) => Promise<string>>();
  readonly #waiting = new Map<string, (answer: string) => void>();
  #asked = 0;

  constructor(client: LazyClient, sql: Sql, id: string, watches: PostgresWatches) {
    this.#client = client;
    this.#sql = sql;
    this.#id = id;
    watches.onMail((address, mail) => void this.#take(address, mail).catch(() => {}));
  }

  ask(address: string, data: string, timeoutMs: number): Promise<string> {
    const reply = `~${globalThis.crypto.randomUUID()}-${this.#asked++}`;
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#waiting.delete(reply);
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`no answer within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiting.set(reply, (answer) => {
        end();
        if (answer.startsWith(good)) resolve(answer.slice(1));
        else reject(new Error(answer.slice(1)));
      });
      this.#post(address, data, reply).catch((error) => {
        end();
        reject(toError(error));
      });
    });
  }

  answer(address: string, handler: (data: string) => Promise<string>): () => void {
    this.#handlers.set(address, handler);
    return () => {
      if (this.#handlers.get(address) === handler) this.#handlers.delete(address);
    };
  }

  async #post(address: string, data: string, reply: string | null): Promise<void> {
    await this.#client.query(this.#sql.post, [this.#id, address, data, reply]);
  }

  async #take(address: string, mail: string): Promise<void> {
    const waiting = this.#waiting.get(address);
    const handler = this.#handlers.get(address);
    if (waiting === undefined && handler === undefined) return;
    const [row] = await this.#client.query(this.#sql.take, [mail]);
    if (row === undefined) return;
    const data = String(row.data);
    if (waiting !== undefined) return waiting(data);
    const answer = await handler!(data).then(
      (text) => `${good}${text}`,
      (error) => `${bad}${toError(error).message}`,
    );
    if (typeof row.reply === "string") await this.#post(row.reply, answer, null);
  }
}
