// check.ts: `check` validates the config and prints the plan: the tree, the order of starts and of stops.

import type { ChildDescription, TreeDescription } from "../../contract/description.ts";
import { describeTree } from "../../index.ts";
import { exitCodes } from "../cli-error.ts";
import { type Doubt, doubtsOf } from "../config/doubts.ts";
import { findConfig } from "../config/find.ts";
import { loadConfig } from "../config/load.ts";
import type { AskOptions } from "../control/ask-and-print.ts";
import { schemaVersion } from "../control/call.ts";
import { formatMs, withoutRoot } from "../print/format.ts";
import { createStyle, type Style } from "../print/style.ts";

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

/** The tree with what differs from the defaults. */
export function formatTree(tree: TreeDescription, style: Style): string[] {
  return [`${style("bold", tree.name)}${notes(supervisorNotes(tree), style)}`, ...branches(tree, "", style)];
}

function branches(tree: TreeDescription, indent: string, style: Style): string[] {
  return tree.services.flatMap((child, i) => {
    const isLast = i === tree.services.length - 1;
    const line = `${style("dim", `${indent}${isLast ? "└── " : "├── "}`)}${child.name}${notes(serviceNotes(child), style)}`;
    return [line, ...(child.services ? branches(child, `${indent}${isLast ? "    " : "│   "}`, style) : [])];
  });
}

function notes(texts: readonly string[], style: Style): string {
  return texts.length === 0 ? "" : `  ${style("dim", texts.join(", "))}`;
}

function supervisorNotes({ strategy, intensity, autoShutdown }: TreeDescription): string[] {
  return [
    ...(strategy === "one-for-one" ? [] : [strategy]),
    ...(intensity === null ? [] : [`${intensity.maxRestarts} restarts within ${formatMs(intensity.withinMs)}`]),
    ...(autoShutdown === "never" ? [] : [`ends with ${autoShutdown}`]),
  ];
}

function serviceNotes(child: ChildDescription): string[] {
  return [
    ...(child.services ? supervisorNotes(child) : []),
    ...child.dependsOn.map(({ path, condition, required }) => {
      const what = condition === "healthy" ? "" : ` ${condition}`;
      return `after ${lastName(path)}${what}${required ? "" : " (or without it)"}`;
    }),
    ...(child.restart.policy === "on-failure" ? [] : [`restart ${child.restart.policy}`]),
    ...(child.isScheduled ? ["by schedule"] : []),
    ...(child.critical || child.restart.policy === "never" || child.isScheduled ? [] : ["not critical"]),
    ...child.probes.map((probe) => `${probe} probe`),
    ...(child.startDelayMs === 0 ? [] : [`starts ${formatMs(child.startDelayMs)} later`]),
  ];
}

function formatOrders(tree: TreeDescription, style: Style): string[] {
  return [
    style("dim", "start order (services on one line start side by side)"),
    ...formatOrder(tree, "startOrder"),
    "",
    style("dim", "stop order"),
    ...formatOrder(tree, "stopOrder"),
  ];
}

/** The order of a nested supervisor stands below its name. */
function formatOrder(tree: TreeDescription, order: "startOrder" | "stopOrder", indent = "  "): string[] {
  return tree[order].flatMap((paths, i) => {
    const nested = tree.services.filter((child) => paths.includes(child.path) && child.services);
    return [
      `${indent}${i + 1}. ${paths.map(lastName).join(", ")}`,
      ...nested.flatMap((child) => [
        `${indent}   ${withoutRoot(child.path)}:`,
        ...formatOrder(child as TreeDescription, order, `${indent}     `),
      ]),
    ];
  });
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
