// explain.ts: `explain` prints why a service is in its state, what it waits for, and how it failed last.

import { type AskOptions, askAndPrint, style } from "../control/ask-and-print.ts";
import { type Explained, formatExplanation } from "../print/explanation.ts";

export function explain(services: readonly string[], options: AskOptions): Promise<number> {
  const format = (explained: Explained) => formatExplanation(explained, style);
  return askAndPrint({ verb: "explain", services, format }, options);
}
