// health.ts: `health` prints the health of the tree and of each service; exit code 1 when the tree is unhealthy.

import type { HealthReport, ServiceHealth, ServiceStatus } from "../../contract/status.ts";
import { type AskOptions, askAndPrint, style } from "../control/ask-and-print.ts";
import { clip, withoutRoot } from "../print/format.ts";
import { formatTable } from "../print/table.ts";

type Rated = ServiceHealth & Pick<ServiceStatus, "exit">;
type HealthDocument = Omit<HealthReport, "services"> & { services: Record<string, Rated> };

const colours = { healthy: "green", degraded: "yellow", unhealthy: "red" } as const satisfies Record<
  HealthReport["status"],
  string
>;

export function health(options: AskOptions): Promise<number> {
  const format = ({ status, services }: HealthDocument) => {
    const rows = Object.entries(services).map(([path, service]) => [
      signOf(service),
      withoutRoot(path),
      service.state,
      service.critical ? "" : "not critical",
      service.error === undefined ? "" : style("dim", clip(service.error, 100)),
    ]);
    return [style(colours[status], status), ...formatTable(rows)].join("\n");
  };
  return askAndPrint({ verb: "health", format }, options);
}

function signOf({ healthy, critical, state, exit }: Rated): string {
  if (healthy) return style("green", "●");
  if (state === "stopped" && exit === "completed") return style("green", "✔");
  return style(critical ? "red" : "yellow", "◍");
}
