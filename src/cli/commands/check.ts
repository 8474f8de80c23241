// check.ts: `check` validates the config and prints the plan: the tree, the order of starts and of stops.

import { describeTree } from "../../index.ts";
import { exitCodes } from "../cli-error.ts";
import { type Doubt, doubtsOf } from "../config/doubts.ts";
import { findConfig } from "../config/find.ts";
import { loadConfig } from "../config/load.ts";
import type { AskOptions } from "../control/ask-and-print.ts";
import { schemaVersion } from "../control/call.ts";
import { withoutRoot } from "../print/format.ts";
import { formatOrders } from "../print/orders.ts";
import { createStyle, type Style } from "../print/style.ts";
import { formatTree } from "../print/tree.ts";

export interface CheckOptions extends AskOptions {
  profile?: string[];
}

export async function check({ config, json, profile = [] }: CheckOptions): Promise<number> {
  const { file, spec } = await loadConfig(findConfig(config), { profiles: profile });
  const tree = describeTree(spec);
  const doubts = doubtsOf(tree, spec);
  const style = createStyle(process.stdout);
  const text = json
    ? JSON.stringify({ schemaVersion, project: file, tree, questionable: doubts })
    : [
        `${style("green", "✔")} ${file} is valid`,
        "",
        ...formatTree(tree, style),
        "",
        ...formatOrders(tree, style),
        ...formatDoubts(doubts, style),
      ].join("\n");
  process.stdout.write(`${text}\n`);
  return exitCodes.ok;
}

function formatDoubts(doubts: readonly Doubt[], style: Style): string[] {
  if (doubts.length === 0) return [];
  return ["", style("yellow", "questionable"), ...doubts.map(({ path, text }) => `  ${withoutRoot(path)}: ${text}`)];
}
