// terminal-session.ts: what runs in the pseudo-terminal of a process. `script` begins a session there, so that signals to
// the group of `script` do not reach it, and what ignores the end of its terminal would outlive the stop.

import { setTimeout as sleep } from "node:timers/promises";
import type { ServiceContext } from "../contract/spec.ts";
import { findMarked, kill } from "./marked.ts";

/** The variable by which what runs in a pseudo-terminal is found. */
export const terminalVariable = "STATEVISOR_TERMINAL";

const lookEveryMs = 50;
/** How long SIGKILL may take, in milliseconds. */
const killedMs = 400;

/**
 * Ends what is left in a pseudo-terminal after `script` has ended. If it was asked to stop, it has the rest of that time;
 * if not, it is killed at once. Linux only: elsewhere nothing is found.
 */
export async function endTerminal(id: string, { signal: stopped, forceSignal: forced, log }: ServiceContext) {
  const find = () => findMarked(terminalVariable, [id]);
  const isGone = async (until: () => boolean) => {
    while (find().length > 0) {
      if (until()) return false;
      await sleep(lookEveryMs);
    }
    return true;
  };
  if (stopped.aborted && (await isGone(() => forced.aborted))) return;
  for (const pid of find()) {
    log.warn({ pid }, "goes on without its terminal: killed");
    kill(pid);
  }
  const end = performance.now() + killedMs;
  await isGone(() => {
    for (const pid of find()) kill(pid);
    return performance.now() > end;
  });
}
