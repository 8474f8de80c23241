// log-watch.ts: lets inspectors observe what services log by their context, the lines of their processes among it.

import type { Logger } from "../contract/context.ts";

/** An entry that a service logged by `ctx.log`. */
export interface LogEntry {
  readonly path: string;
  readonly incarnation: number;
  readonly level: "debug" | "info" | "warn" | "error";
  /** A line of a process has its `stream` here: "stdout" or "stderr". */
  readonly data: object;
  readonly message: string;
}

export type LogListener = (entry: LogEntry) => void;

/** What is added to the data of an entry, under what the service gives itself. */
export type LogExtra = (of: Pick<LogEntry, "path" | "incarnation">) => object | undefined;

/** The watchers of the logs of one tree. Without one, an entry costs a call more. */
export class LogWatchers {
  readonly #listeners = new Map<object, LogListener>();
  readonly #extras = new Map<object, LogExtra>();

  /** Returns the remover. An error that the listener throws goes to `onError` and has no other effect. */
  add(listener: LogListener, onError: (error: unknown) => void): () => void {
    const key = {};
    this.#listeners.set(key, (entry) => {
      try {
        listener(entry);
      } catch (error) {
        onError(error);
      }
    });
    return () => this.#listeners.delete(key);
  }

  /** Adds to the data of each entry. Returns the remover. An error that it throws goes to `onError`, and adds nothing. */
  extend(extra: LogExtra, onError: (error: unknown) => void): () => void {
    const key = {};
    this.#extras.set(key, (of) => {
      try {
        return extra(of);
      } catch (error) {
        onError(error);
        return undefined;
      }
    });
    return () => this.#extras.delete(key);
  }

  #withExtras(path: string, incarnation: number, data: object): object {
    if (this.#extras.size === 0) return data;
    return Object.assign({}, ...[...this.#extras.values()].map((extra) => extra({ path, incarnation })), data);
  }

  /** The logger of a service, whose entries the watchers see, too. */
  watch(logger: Logger, path: string, incarnation: number, bindings: object = {}): Logger {
    const at =
      (level: LogEntry["level"]) =>
      (given: object, message: string): void => {
        const data = this.#withExtras(path, incarnation, given);
        logger[level](data, message);
        if (this.#listeners.size === 0) return;
        const entry = { path, incarnation, level, data: { ...bindings, ...data }, message };
        for (const listener of [...this.#listeners.values()]) listener(entry);
      };
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      child: (more) => this.watch(logger.child(more), path, incarnation, { ...bindings, ...more }),
    };
  }
}
