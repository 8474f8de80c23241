// hostNode: what a node of a cluster says of itself: the name of this machine, and the version of the program.

import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import { checkKeys } from "../contract/check.ts";

export interface HostNode {
  readonly name: string;
  /** `""`: no package.json has one. */
  readonly version: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface HostNodeOptions {
  /** @default the host name */
  name?: string | undefined;
  /** @default that of the nearest package.json */
  version?: string | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
  /**
   * Where the package.json is looked for, and above.
   *
   * @default the folder of the program that was started, then the working directory
   */
  folder?: string | undefined;
}

/**
 * The `node` of `defineCluster` for this machine: its host name (on Kubernetes that of the pod; characters that a name
 * cannot have become `-`) and the version of the nearest package.json above the program that was started. Two programs of
 * one machine need names of their own.
 *
 * @throws SupervisorError ERR_INVALID_SPEC for an unknown option
 */
export function hostNode(options: HostNodeOptions = {}): HostNode {
  checkKeys("hostNode", options, ["name", "version", "labels", "folder"]);
  const name =
    options.name ??
    (hostname()
      .replace(/[^A-Za-z0-9_.-]/g, "-")
      .slice(0, 128) ||
      "node");
  return { name, version: options.version ?? findVersion(options.folder), labels: options.labels ?? {} };
}

function findVersion(folder: string | undefined): string {
  const [, program] = process.argv;
  const folders = folder !== undefined ? [folder] : [...(program ? [dirname(resolve(program))] : []), process.cwd()];
  for (const one of folders) {
    const version = versionAbove(resolve(one));
    if (version !== null) return version;
  }
  return "";
}

function versionAbove(folder: string): string | null {
  const version = readVersion(join(folder, "package.json"));
  const above = dirname(folder);
  return version !== null || above === folder ? version : versionAbove(above);
}

function readVersion(file: string): string | null {
  try {
    const { version } = JSON.parse(readFileSync(file, "utf8")) as { version?: unknown };
    return typeof version === "string" ? version : null;
  } catch {
    return null;
  }
}
