// health.ts: `health` prints the health of the tree and of each service; exit code 1 when the tree is unhealthy.

import type { HealthReport, ServiceHealth, ServiceStatus } from "../../contract/status.ts";
import { type AskOptions, askAndPrint, style } from "../control/ask-and-print.ts";
import { clip, withoutPath, withoutRoot } from "../print/format.ts";
import { isFine, lookOf } from "../print/states.ts";
import { columnsOf, formatTable } from "../print/table.ts";

type Rated = ServiceHealth & Pick<ServiceStatus, "phase" | "exit">;
type HealthDocument = Omit<HealthReport, "services"> & { services: Record<string, Rated> };

const colours = { healthy: "green", degraded: "yellow", unhealthy: "red" } as const satisfies Record<
  HealthReport["status"],
  string
>;

/** Columns for everything but the name. */
const roomForTheRest = 60;

export function health(options: AskOptions): Promise<number> {
  const width = columnsOf(process.stdout);
  const nameWidth = Math.max(12, (width ?? Number.POSITIVE_INFINITY) - roomForTheRest);
  const format = ({ status, services }: HealthDocument) => {
    const rows = Object.entries(services).map(([path, service]) => [
      signOf(service),
      clip(withoutRoot(path), nameWidth),
      lookOf(service).word,
      service.critical ? "" : "not critical",
      service.error === undefined ? "" : style("dim", clip(withoutPath(service.error, path), 100)),
    ]);
    const table = formatTable(rows, { spare: [3], ...(width !== undefined && { width }) });
    return [style(colours[status], status), ...table].join("\n");
  };
  return askAndPrint({ verb: "health", format }, options);
}

function signOf(service: Rated): string {
  const { sign, colour } = lookOf(service);
  if (isFine(service)) return style(colour, sign);
  return style(service.critical ? "red" : "yellow", "◍");
}
