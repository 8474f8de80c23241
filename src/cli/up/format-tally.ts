// format-tally.ts: the summary of a run as a table: what was counted of each service, and how it ended.

import type { Supervisor } from "../../index.ts";
import { clip, formatMs, withoutPath, withoutRoot } from "../print/format.ts";
import { harmless } from "../print/harmless.ts";
import { formatState } from "../print/states.ts";
import type { Style } from "../print/style.ts";
import { formatTable } from "../print/table.ts";
import type { Tally } from "./tally.ts";

/** `width`: the columns of the terminal, if it is one. */
export function formatTally(tally: Tally, supervisor: Supervisor, style: Style, width?: number): string[] {
  const rows = tally.services().map(({ path, upMs, starts, restarts, failures }) => {
    const status = supervisor.status(path);
    const reason =
      status.state === "failed" && status.error
        ? clip(harmless(withoutPath(status.error.message, path), false), 100)
        : "";
    return [
      withoutRoot(path),
      formatMs(upMs),
      String(starts),
      String(restarts),
      String(failures),
      `${formatState(status, style)}${reason && `  ${style("dim", reason)}`}`,
    ];
  });
  const headers = ["SERVICE", "UP", "STARTS", "RESTARTS", "FAILURES", "END"].map((header) => style("dim", header));
  return formatTable([headers, ...rows], {
    align: ["left", "right", "right", "right", "right", "left"],
    spare: [2, 4, 3, 1],
    ...(width !== undefined && { width }),
  });
}
