// The summary: what the shop has done, and whether it kept its promises.

import type { Findings } from "./audit.ts";
import { formatMs, type Tally } from "./report.ts";
import type { Screen } from "./screen.ts";
import type { Receipts } from "./shopper.ts";

/** Prints the summary. Resolves to whether every accepted order was found, and none was shipped twice. */
export function summarise(screen: Screen, receipts: Receipts, tally: Tally, findings: Findings): boolean {
  const { accepted } = receipts;
  const { found, fulfilled, lost, shippedTwice } = findings;
  const crashes = [...tally.crashes.values()].reduce((sum, count) => sum + count, 0);
  const perService = [...tally.crashes].map(([who, count]) => `${who} ${count}`).join(", ");
  const waiting = found - fulfilled - shippedTwice.length;
  const rows = [
    ["requests", `${receipts.answered} answered, ${receipts.retried} of them not at the first attempt`],
    [
      "",
      `${receipts.failed} attempts failed; the longest time without an answer was ${formatMs(receipts.longestSilenceMs)}`,
    ],
    ["orders", `${accepted.length} accepted, ${found} found in the database, ${fulfilled} fulfilled exactly once`],
    ...(waiting > 0 ? [["", `${waiting} left for the worker's next day`]] : []),
    ["crashes", `${crashes}${perService && `: ${perService}`}`],
    ["restarts", `${tally.restarts}`],
  ];
  console.log();
  for (const [title, text] of rows) console.log(`  ${screen.paint("bold", title!.padEnd(10))}${text}`);
  console.log();

  const isKept = lost.length === 0 && shippedTwice.length === 0;
  if (isKept) console.log(screen.paint("green", "No accepted order was lost, and none was shipped twice."));
  if (lost.length > 0) console.log(screen.paint("red", `LOST: ${lost.join(", ")}`));
  if (shippedTwice.length > 0) console.log(screen.paint("red", `SHIPPED TWICE: ${shippedTwice.join(", ")}`));
  return isKept;
}
