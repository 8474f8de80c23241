// version.ts: the version of this package, read from its package.json.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

export function version(): string {
  const file = createRequire(import.meta.url).resolve("statevisor/package.json");
  const { version: own }: { version: string } = JSON.parse(readFileSync(file, "utf8"));
  return own;
}
