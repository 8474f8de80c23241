// follow-logs.ts: sends a client each line of output as it comes, for `logs -f`.

import { isAmong, type Journal, type JournalLine } from "../journal.ts";
import { type Call, schemaVersion } from "./call.ts";

/** A client that reads slowly is sent what fits, then how many lines it missed. The tree does not wait for it. */
export async function followLogs(journal: Journal, paths: readonly string[], call: Call): Promise<void> {
  let missed = 0;
  let isSlow = false;
  const send = (line: JournalLine | { dropped: number }) => {
    isSlow = !call.send({ schemaVersion, ...line });
  };
  const unfollow = journal.follow((line) => {
    if (!isAmong(line.path, paths)) return;
    if (isSlow) missed++;
    else send(line);
  });
  call.onDrain(() => {
    const dropped = missed;
    isSlow = false;
    missed = 0;
    if (dropped > 0) send({ dropped });
  });
  await new Promise<void>((resolve) => {
    if (call.signal.aborted) resolve();
    else call.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  unfollow();
}
