// attach.ts: sends a client what the live view shows: how the tree is, the lines of its services, and what changes.

import { textOf } from "../../contract/wording.ts";
import type { JournalLine } from "../journal.ts";
import { type Change, createChangeReader } from "../print/changes.ts";
import { type TreeReport, toReport } from "../report.ts";
import { type Call, schemaVersion } from "./call.ts";
import type { Running } from "./running.ts";

/** How the tree is. */
export interface LookDocument {
  readonly type: "look";
  readonly tree: TreeReport;
  /** clock.now() of the process that runs the tree. */
  readonly now: number;
  readonly health: string;
  readonly ranMs: number;
}

export type AttachDocument =
  /** Comes first, soon after each change, and every second. */
  | LookDocument
  /** A piece of a line; `whole`: the line from its beginning. */
  | { readonly type: "line"; readonly line: JournalLine; readonly whole: string }
  | { readonly type: "change"; readonly change: Change; readonly time: number }
  /** What `up` itself says. */
  | { readonly type: "notice"; readonly text: string; readonly time: number }
  /** So many documents were left out: the client was slow. */
  | { readonly type: "dropped"; readonly count: number }
  /** The tree has ended, and this is the last document. */
  | { readonly type: "ended"; readonly kind: "completed" | "stopped" | "failed"; readonly reason: string | null };

/** How long changes are gathered before the tree is described again, in milliseconds. */
const gatherMs = 100;
const everyMs = 1_000;

/** A client that reads slowly is sent what fits, then how much it missed. The tree does not wait for it. */
export async function attach({ supervisor, journal, notices, startedAt }: Running, call: Call): Promise<boolean> {
  const changes = createChangeReader(supervisor, journal.pidOf);
  let isSlow = false;
  let missed = 0;
  let timer: NodeJS.Timeout | undefined;
  const send = (document: AttachDocument) => {
    isSlow = !call.send({ schemaVersion, ...document });
  };
  const sendOrMiss = (document: AttachDocument) => {
    if (isSlow) missed++;
    else send(document);
  };
  const look = () => {
    timer = undefined;
    if (isSlow) return;
    send({
      type: "look",
      tree: toReport(supervisor.status(), supervisor, journal),
      now: supervisor.now(),
      health: supervisor.health().status,
      ranMs: Date.now() - startedAt,
    });
  };

  look();
  for (const { part: _, ...line } of journal.newest([], call.lines))
    sendOrMiss({ type: "line", line, whole: line.text });
  const unfollow = journal.followPieces(({ line, whole }) => sendOrMiss({ type: "line", line, whole }));
  const unlisten = supervisor.on("*", (update) => {
    const change = changes.read(update);
    if (change) sendOrMiss({ type: "change", change, time: Date.now() });
    timer ??= setTimeout(look, gatherMs);
  });
  const unheed = notices.follow((text) => sendOrMiss({ type: "notice", text, time: Date.now() }));
  const ticker = setInterval(look, everyMs);
  call.onDrain(() => {
    const count = missed;
    isSlow = false;
    missed = 0;
    if (count > 0) send({ type: "dropped", count });
  });

  const gone = new Promise<null>((resolve) => {
    if (call.signal.aborted) resolve(null);
    else call.signal.addEventListener("abort", () => resolve(null), { once: true });
  });
  const exit = await Promise.race([supervisor.exit, gone]);
  unfollow();
  unlisten();
  unheed();
  clearInterval(ticker);
  clearTimeout(timer);
  if (exit === null) return true;
  send({ type: "ended", kind: exit.kind, reason: exit.kind === "failed" ? textOf(exit.error) : null });
  return exit.kind !== "failed";
}
