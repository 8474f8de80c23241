// down.ts: `down` stops the running tree, and returns when nothing of it is left, the process of `up` included.

import { type AskOptions, askAndPrint, style } from "../control/ask-and-print.ts";

export function down(options: AskOptions): Promise<number> {
  const format = () => `${style("green", "✔")} all stopped`;
  return askAndPrint({ verb: "down", format, untilGone: true }, options);
}
