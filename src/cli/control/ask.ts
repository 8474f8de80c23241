// ask.ts: one way to ask a tree, whether it runs in this process or is reached over its control socket.

import { toCall } from "./call.ts";
import { ask } from "./client.ts";
import type { Request } from "./protocol.ts";
import type { Running } from "./running.ts";
import { verbs } from "./verbs.ts";

/**
 * Sends a request; `onData` gets each document of the answer. Resolves to whether all went well. `signal` ends a request
 * that goes on, such as `logs` with `follow`.
 */
export type Ask = (request: Request, onData: (document: unknown) => void, signal?: AbortSignal) => Promise<boolean>;

/** Asks the tree of this process. */
export function askHere(running: Running): Ask {
  return (request, onData, signal = new AbortController().signal) => {
    const send = (document: unknown) => {
      onData(document);
      return true;
    };
    return verbs[request.verb](running, toCall(request, { signal, send, notice: () => {}, onDrain: () => {} }));
  };
}

/** Asks the running tree of a config. Notices of the tree are left out. */
export function askThere(configFile: string): Ask {
  return (request, onData, signal) => {
    const pass = (document: unknown) => {
      onData(document);
      return undefined;
    };
    return ask(configFile, request, pass, { isQuiet: true, ...(signal && { signal }) });
  };
}
