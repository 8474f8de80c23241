// watch-targets.ts: the files at whose change a service is restarted, by the config.

import { resolve } from "node:path";
import type { ChildConfig, Config } from "./schema.ts";

export interface WatchTarget {
  /** The path of the service. */
  readonly path: string;
  /** The folder of the service, which its patterns are relative to. */
  readonly folder: string;
  readonly watch: readonly string[];
  readonly ignore: readonly string[];
}

/** `folder`: that of the config file. */
export function watchTargetsOf({ name, services }: Config, folder: string): WatchTarget[] {
  const targetsIn = (children: readonly ChildConfig[], parent: string): WatchTarget[] =>
    children.flatMap((child) => {
      const path = `${parent}/${child.name}`;
      if ("services" in child) return targetsIn(child.services, path);
      const { watch = [], ignore = [], cwd = "." } = child;
      return watch.length === 0 ? [] : [{ path, folder: resolve(folder, cwd), watch, ignore }];
    });
  return targetsIn(services, name);
}
