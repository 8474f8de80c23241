// status.ts: `status` prints every service with its state, its process, and the reason why it is not up.

import { type AskOptions, askAndPrint, style } from "../control/ask-and-print.ts";
import { formatMs } from "../print/format.ts";
import { formatState } from "../print/states.ts";
import { formatStatusTable } from "../print/status-table.ts";
import { columnsOf } from "../print/table.ts";
import { flatten, type Report, type TreeReport } from "../report.ts";

interface StatusDocument {
  pid: number;
  startedAt: string;
  now: number;
  tree: TreeReport;
  services?: Report[];
}

export function status(services: readonly string[], options: AskOptions): Promise<number> {
  const format = ({ tree, now, pid, startedAt, services: asked }: StatusDocument) => {
    const rows = asked?.map((report) => ({ report, depth: 0 })) ?? flatten(tree);
    const ran = formatMs(Date.now() - Date.parse(startedAt));
    const head = `${tree.name}: ${formatState(tree, style)}, pid ${pid}, for ${ran}`;
    const width = columnsOf(process.stdout);
    const table = formatStatusTable(rows, { now, style, ...(width !== undefined && { width }) });
    return [head, ...table].join("\n");
  };
  return askAndPrint({ verb: "status", services, format }, options);
}
