// graph.ts: `graph` prints the tree and its dependencies, or a statechart, as text or for a tool that draws.

import {
  membershipMachine,
  probeMachine,
  roleMachine,
  serviceMachine,
  supervisorMachine,
  toStatechart,
} from "../../../machines/index.ts";
import { describeTree } from "../../index.ts";
import { CliError, exitCodes } from "../cli-error.ts";
import { findConfig } from "../config/find.ts";
import { loadConfig } from "../config/load.ts";
import { schemaVersion } from "../control/call.ts";
import { formatStatechart } from "../format-statechart.ts";
import { formatGraph, type GraphFormat } from "../print/graph.ts";
import { createStyle } from "../print/style.ts";
import { formatTree } from "../print/tree.ts";

export const machines = {
  service: serviceMachine,
  supervisor: supervisorMachine,
  probe: probeMachine,
  membership: membershipMachine,
  role: roleMachine,
};

export interface GraphOptions {
  config?: string;
  json?: boolean;
  format: "text" | GraphFormat | "json" | "xstate";
  /** One of the statecharts instead of the tree. */
  machine?: keyof typeof machines;
}

export async function graph({ config, json, format, machine }: GraphOptions): Promise<number> {
  const form = json ? "json" : format;
  process.stdout.write(`${machine ? graphOfMachine(machine, form) : await graphOfTree(config, form)}\n`);
  return exitCodes.ok;
}

function graphOfMachine(name: keyof typeof machines, format: GraphOptions["format"]): string {
  if (format === "json") return JSON.stringify({ schemaVersion, ...toStatechart(machines[name]) });
  return formatStatechart(machines[name], format);
}

async function graphOfTree(config: string | undefined, format: GraphOptions["format"]): Promise<string> {
  if (format === "xstate") {
    throw new CliError(exitCodes.usage, "--format xstate prints a chart: give --machine service, supervisor or probe");
  }
  const { file, spec } = await loadConfig(findConfig(config));
  const tree = describeTree(spec);
  if (format === "json") return JSON.stringify({ schemaVersion, project: file, tree });
  if (format === "text") return formatTree(tree, createStyle(process.stdout)).join("\n");
  return formatGraph(tree, format);
}
