// when-written.ts: waits until what was written to a stream has left this process, before the process ends.

import { setTimeout as sleep } from "node:timers/promises";

/** Waits until the reader has taken all that was written; at most that long. */
export async function whenWritten(stream: NodeJS.WriteStream, waitMs: number): Promise<void> {
  const stopAt = Date.now() + waitMs;
  while (stream.writableLength > 0 && !stream.destroyed && stream.errored === null && Date.now() < stopAt) {
    await sleep(10);
  }
}
