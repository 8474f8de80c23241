// difference.ts: what a new config changes, in words.

import type { Redefinition } from "../../index.ts";
import { withoutRoot } from "./format.ts";

/** "api changed; cache added", or "nothing changes". */
export function summarize({ added, removed, changed }: Redefinition): string {
  const parts = Object.entries({ removed, changed, added })
    .filter(([, paths]) => paths.length > 0)
    .map(([what, paths]) => `${paths.map(withoutRoot).join(", ")} ${what}`);
  return parts.join("; ") || "nothing changes";
}
