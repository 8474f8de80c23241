// polled: waits until the event loop has read everything that the machine had received.

/** The first turn may be the rest of one that had polled already; the second one polls in any case. */
export function polled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });
}
