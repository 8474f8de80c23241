// reload.ts: `reload` reads the config again, and applies the difference to the running tree.

import type { Redefinition } from "../../index.ts";
import { type AskOptions, askAndPrint, style } from "../control/ask-and-print.ts";
import { withoutRoot } from "../print/format.ts";

export interface ReloadOptions extends AskOptions {
  dryRun?: boolean;
}

/** First the difference, then a document for each service that failed to stop or to start. */
type ReloadDocument = ({ dryRun: boolean } & Redefinition) | { service: string | null; error: { message: string } };

const signs = { removed: ["red", "-"], changed: ["yellow", "~"], added: ["green", "+"] } as const;

export function reload({ dryRun = false, ...options }: ReloadOptions): Promise<number> {
  const format = (document: ReloadDocument) => {
    if (!("error" in document)) return formatDifference(document);
    process.stderr.write(`✖ ${document.error.message}\n`);
    return undefined;
  };
  return askAndPrint({ verb: "reload", dryRun, format }, options);
}

function formatDifference({ dryRun, ...difference }: { dryRun: boolean } & Redefinition): string {
  const lines = (["removed", "changed", "added"] as const).flatMap((what) => {
    const [colour, sign] = signs[what];
    return difference[what].map(
      (path) => `${style(colour, sign)} ${withoutRoot(path)} ${dryRun ? `would be ${what}` : what}`,
    );
  });
  return lines.join("\n") || "nothing changes";
}
