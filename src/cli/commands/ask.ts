// The verbs that ask the running tree: status, health, explain, logs, start, stop, restart, down.

import type { HealthReport, ServiceStatus } from "../../contract/status.ts";
import type { Explanation } from "../../index.ts";
import { CliError, exitCodes } from "../cli-error.ts";
import { findConfig } from "../config/find.ts";
import { ask } from "../control/client.ts";
import type { Request } from "../control/protocol.ts";
import type { JournalLine } from "../journal.ts";
import { clip, formatMs, formatTime, shorten } from "../print/format.ts";
import { harmless } from "../print/harmless.ts";
import { formatState } from "../print/states.ts";
import { formatStatusTable } from "../print/status-table.ts";
import { colourOf, createStyle } from "../print/style.ts";
import { formatTable } from "../print/table.ts";
import { flatten, type Report, type TreeReport } from "../report.ts";

export interface AskOptions {
  config?: string;
  json?: boolean;
}

const style = createStyle(process.stdout);

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

// Whoever read has read enough: `statevisor logs -f | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCodes.ok);
  throw error;
});

/** As they came, one document a line; or what `format` makes of each. Returns the exit code. */
async function askAndPrint<Document>(
  request: Request,
  { config, json }: AskOptions,
  format: (document: Document) => string | undefined,
  { untilGone = false } = {},
): Promise<number> {
  const onData = (document: unknown) => {
    const text = json ? JSON.stringify(document) : format(document as Document);
    if (text !== undefined) print(text);
  };
  const ok = await ask(findConfig(config), request, onData, { untilGone });
  return ok ? exitCodes.ok : exitCodes.failed;
}

interface StatusDocument {
  pid: number;
  startedAt: string;
  now: number;
  tree: TreeReport;
  services?: Report[];
}

export function status(services: readonly string[], options: AskOptions): Promise<number> {
  return askAndPrint<StatusDocument>({ verb: "status", services }, options, (document) => {
    const { tree, now, pid, startedAt } = document;
    const rows = document.services?.map((report) => ({ report, depth: 0 })) ?? flatten(tree);
    const ran = formatMs(Date.now() - Date.parse(startedAt));
    const head = `${tree.name}: ${formatState(tree, style)}, pid ${pid}, for ${ran}`;
    const width = process.stdout.isTTY ? process.stdout.columns : undefined;
    const table = formatStatusTable(rows, { now, style, ...(width !== undefined && { width }) });
    return [head, ...table].join("\n");
  });
}

type Rated = HealthReport["services"][string] & Pick<ServiceStatus, "exit">;
type Health = Omit<HealthReport, "services"> & { services: Record<string, Rated> };

function signOf({ healthy, critical, state, exit }: Rated): string {
  if (healthy) return style("green", "●");
  if (state === "stopped" && exit === "completed") return style("green", "✔");
  return style(critical ? "red" : "yellow", "◍");
}

/** Exits with 1 when the tree is unhealthy. */
export function health(options: AskOptions): Promise<number> {
  return askAndPrint<Health>({ verb: "health" }, options, ({ status, services }) => {
    const colour = status === "healthy" ? "green" : status === "degraded" ? "yellow" : "red";
    const rows = Object.entries(services).map(([path, service]) => [
      signOf(service),
      shorten(path),
      service.state,
      service.critical ? "" : "not critical",
      service.error === undefined ? "" : style("dim", clip(service.error, 100)),
    ]);
    return [style(colour, status), ...formatTable(rows)].join("\n");
  });
}

type Explained = Explanation & { output: string[] };

export function explain(services: readonly string[], options: AskOptions): Promise<number> {
  return askAndPrint<Explained>({ verb: "explain", services }, options, (explained) => {
    const { path, state, summary, waitingFor, retriesLeft, lastError, output } = explained;
    const lines = [`${style("bold", shorten(path))}: ${summary}`];
    for (const wait of waitingFor) {
      lines.push(`  waits for ${shorten(wait.path)} to be ${wait.condition}: ${wait.because}`);
    }
    if (state === "backoff") lines.push(`  retries left: ${retriesLeft ?? "no limit"}`);
    if (lastError) lines.push(`  last failure: ${indent(textOfError(lastError))}`);
    if (lastError && output.length > 0)
      lines.push("  last output:", ...output.map((line) => `    ${style("dim", line)}`));
    return lines.join("\n");
  });
}

/** Where a process failed no stack of ours can tell. */
function textOfError({ name, message, stack }: NonNullable<Explanation["lastError"]>): string {
  return name === "ProcessError" ? message : (stack ?? `${name}: ${message}`);
}

function indent(text: string): string {
  return text.replaceAll("\n", "\n  ");
}

export interface LogsOptions extends AskOptions {
  follow?: boolean;
  lines: number;
}

export function logs(services: readonly string[], options: LogsOptions): Promise<number> {
  const { follow = false, lines } = options;
  return askAndPrint<JournalLine | { dropped: number }>({ verb: "logs", services, follow, lines }, options, (line) => {
    if ("dropped" in line)
      return style("yellow", `… ${line.dropped} lines left out: they came faster than they were read`);
    const name = shorten(line.path);
    const mark = style(line.stream === "stdout" || line.stream === "log" ? "dim" : "red", "│");
    return `${style("dim", formatTime(line.time))} ${style(colourOf(name), name)} ${mark} ${harmless(line.text, style.hasColors)}`;
  });
}

interface Outcome {
  service: string;
  ok: boolean;
  error?: { message: string };
}

const done = { start: "started", stop: "stopped", restart: "restarted" } as const;

/** Each service on its own: one that cannot be started does not keep the others from it. Exits with 1 if any failed. */
export function change(verb: keyof typeof done, services: readonly string[], options: AskOptions): Promise<number> {
  if (services.length === 0) {
    throw new CliError(exitCodes.usage, `${verb} which service? \`statevisor status\` shows them`);
  }
  return askAndPrint<Outcome>({ verb, services }, options, ({ service, ok, error }) => {
    if (ok) return `${style("green", "✔")} ${service} ${done[verb]}`;
    process.stderr.write(`✖ ${service} not ${done[verb]}: ${error?.message}\n`);
    return undefined;
  });
}

/** Returns when nothing of the tree is left, its supervising process included. */
export function down(options: AskOptions): Promise<number> {
  return askAndPrint({ verb: "down" }, options, () => `${style("green", "✔")} all stopped`, { untilGone: true });
}
