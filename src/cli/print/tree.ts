// tree.ts: a tree as it is defined, a line for each service, with what differs from the defaults.

import type { ChildDescription, TreeDescription } from "../../contract/description.ts";
import { formatMs, lastName } from "./format.ts";
import type { Style } from "./style.ts";

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
