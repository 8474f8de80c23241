// plan.ts: what `cluster try` runs: the config of the project with another engine, or the tree of an example.

import { readFileSync } from "node:fs";
import { describeTree, type SupervisorSpec } from "../../index.ts";
import { CliError, exitCodes } from "../cli-error.ts";
import { findConfig } from "../config/find.ts";
import { type AsNode, loadConfig } from "../config/load.ts";
import { parseSource } from "../config/source.ts";

export interface TryPlan {
  /** The config; undefined: the example. */
  readonly config: string | undefined;
  readonly id: string;
  /** What runs, for a person. */
  readonly title: string;
}

/** @throws CliError 4 for a config that is named and has no cluster, ConfigError for one that is wrong. */
export async function planTry(named: string | undefined, store: string): Promise<TryPlan> {
  const config = find(named);
  if (config === undefined) return example("an example (a singleton and 12 shards, with a lease of 3 s)");
  fillVariables(config, { store, name: "n0" });
  const { spec, cluster } = await loadConfig(config, { node: { store, name: "n0" } });
  if (cluster !== null)
    return { config, id: cluster.id, title: `the roles of ${config}: ${listRoles(spec).join(", ")}` };
  const why = `${config} names no cluster in YAML or JSON`;
  if (named !== undefined) throw new CliError(exitCodes.badConfig, why);
  return example(`an example, since ${why} (a singleton and 12 shards, with a lease of 3 s)`);
}

function example(title: string): TryPlan {
  return { config: undefined, id: "try", title };
}

function find(named: string | undefined): string | undefined {
  try {
    return findConfig(named);
  } catch (error) {
    if (named !== undefined) throw error;
    return undefined;
  }
}

/** The names of the roles of a tree. */
export function listRoles(spec: SupervisorSpec): string[] {
  return describeTree(spec).services.flatMap((one) => (one.isRole ? [one.name] : []));
}

/** Sets the variables that the cluster of a config takes from the environment and that are not set. */
export function fillVariables(config: string, { store, name }: AsNode): void {
  if (!/\.(json|ya?ml)$/.test(config)) return;
  const { value } = parseSource(config, readFileSync(config, "utf8"));
  const { cluster = {} } = (value ?? {}) as { cluster?: { store?: unknown; node?: { name?: unknown } } };
  for (const [text, given] of [
    [cluster.store, store],
    [cluster.node?.name, name],
  ] as const) {
    if (typeof text !== "string") continue;
    for (const [, variable] of text.matchAll(/\$\{(\w+)\}/g)) process.env[variable!] ??= given;
  }
}
