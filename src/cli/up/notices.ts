// notices.ts: the messages of `up` itself, for those who are attached to it.

import type { Printer } from "./printer.ts";

export interface Notices {
  /** The same printer, whose notices go to the followers, too. */
  share(printer: Printer): Printer;
  /** Calls `listener` with each notice from now on. Returns the remover. */
  follow(listener: (text: string) => void): () => void;
}

export function createNotices(): Notices {
  const listeners = new Set<(text: string) => void>();
  return {
    share: (printer) => ({
      ...printer,
      notice(text) {
        printer.notice(text);
        for (const listener of listeners) listener(text);
      },
    }),
    follow(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
