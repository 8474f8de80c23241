// leftovers.ts: what a run that was killed left behind, which must be gone before its services are started again.

import { endMarked } from "../../node/index.ts";
import type { Owner } from "../control/project-lock.ts";
import { plural } from "../print/format.ts";
import type { Printer } from "./printer.ts";

/** The guard of the run before kills after 2 seconds: it is given this long, in milliseconds. */
const guardMs = 3_000;

/** Waits for the guard of the run before; what that does not end, because it was killed or stopped itself, is killed. */
export async function endLeftovers(before: Owner | null, printer: Printer): Promise<void> {
  if (!before?.marks) return;
  const { killed } = await endMarked(before.marks, guardMs, (pids) => {
    const left = plural(pids.length, "process");
    printer.notice(`the run before (process ${before.pid}) was killed; its guard is ending ${left} of it`);
  });
  if (killed.length > 0) printer.notice(`the guard did not; killed: ${killed.join(", ")}`);
}
