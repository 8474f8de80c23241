// ahead.ts: the answers that the first lines of the page have asked for, before the script of the page was there.

/** Taken once: the first connection is the only one that they are for. */
export interface Ahead {
  readonly token: string;
  readonly abort: AbortController;
  readonly session: Promise<Response>;
  readonly stream: Promise<Response>;
}

declare global {
  var statevisorAhead: Ahead | undefined;
}

/** null: nothing was asked for, or with another token. */
export function takeAhead(token: string): Ahead | null {
  const { statevisorAhead: ahead } = globalThis;
  globalThis.statevisorAhead = undefined;
  if (ahead === undefined || ahead.token === token) return ahead ?? null;
  ahead.abort.abort();
  return null;
}
