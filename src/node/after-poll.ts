// afterPoll: runs code once the event loop has read everything that the machine had received by now.

/** The first turn may be the rest of one that had polled already; the second one polls in any case. */
export function afterPoll(run: () => void): void {
  setImmediate(() => setImmediate(run));
}
