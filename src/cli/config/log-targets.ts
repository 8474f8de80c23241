// log-targets.ts: which file the output of a service goes to, by the config.

import { resolve } from "node:path";
import { toBytes } from "../../contract/size.ts";
import type { ChildConfig, Config, LogConfig } from "./schema.ts";

/** A file for the output of a service, or of several. */
export interface LogTarget {
  readonly file: string;
  /** In bytes: a larger one becomes `<file>.1`, that one `<file>.2`, and so on. */
  readonly maxSize: number;
  /** How many of those are kept. */
  readonly keep: number;
  /** The lines begin with the name of the service. */
  readonly isShared: boolean;
}

/** Where the output of the service of a path goes; undefined for nowhere. */
export type LogTargetOf = (path: string) => LogTarget | undefined;

export const logDefaults = { maxSize: 10_000_000, keep: 5 };

/** `folder`: what relative paths are relative to. */
export function logTargetsOf(
  { name, log, services, singletons = [], shards = [] }: Config,
  folder: string,
): LogTargetOf {
  const toTarget = ({ file, maxSize, keep }: LogConfig, isShared: boolean): LogTarget => ({
    file: resolve(folder, file),
    maxSize: toBytes(maxSize) ?? logDefaults.maxSize,
    keep: keep ?? logDefaults.keep,
    isShared,
  });
  const own = new Map<string, LogTarget>();
  const add = (children: readonly ChildConfig[], parent: string): void => {
    for (const child of children) {
      const path = `${parent}/${child.name}`;
      if ("services" in child) add(child.services, path);
      else if (child.log !== undefined) own.set(path, toTarget(child.log, child.instances !== undefined));
    }
  };
  add(services, name);
  for (const role of singletons) if (role.log !== undefined) own.set(`${name}/${role.name}`, toTarget(role.log, false));
  for (const role of shards) if (role.log !== undefined) own.set(`${name}/${role.name}`, toTarget(role.log, true));
  const all = log && toTarget(log, true);
  // The path of an instance is below that of its service.
  return (path) => own.get(path) ?? own.get(path.slice(0, path.lastIndexOf("/"))) ?? all;
}
