// last-run.ts: the newest output of a run that has ended, for `logs`: a file beside the place of the control socket.
//
// The first line says of what run, the others are lines of the journal, all JSON.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { listStatuses, type Supervisor } from "../index.ts";
import { findPlace, makePlace } from "./control/runtime-folder.ts";
import { isAmong, type Journal, type JournalLine } from "./journal.ts";

/** The most that is kept of a run. */
const maxLines = 50_000;
const maxLength = 4_000_000;

interface LastRun {
  /** The name of the tree. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** The paths of its services. */
  readonly paths: readonly string[];
}

/** Keeps the output of this run when the process ends, however it ends, short of SIGKILL. Forgets the run before it. */
export function keepOutput(configFile: string, journal: Journal, supervisor: Supervisor, startedAt: number): void {
  const { output } = makePlace(configFile);
  rmSync(output, { force: true });
  process.once("exit", () => {
    try {
      const paths = listStatuses(supervisor.status()).map(({ path }) => path);
      const head: LastRun = { name: supervisor.name, startedAt, endedAt: Date.now(), paths };
      writeFileSync(output, `${JSON.stringify(head)}\n${newestOf(journal)}`, { mode: 0o600 });
    } catch {
      // The folder has gone, or the disk is full: there is nobody left to tell.
    }
  });
}

function newestOf(journal: Journal): string {
  const kept: string[] = [];
  let length = 0;
  for (const line of journal.newest([], maxLines).reverse()) {
    const text = `${JSON.stringify(line)}\n`;
    length += text.length;
    if (length > maxLength) break;
    kept.push(text);
  }
  return kept.reverse().join("");
}

export interface LastOutput {
  readonly run: LastRun;
  readonly lines: readonly JournalLine[];
  /** The services that were asked for and were not in that run. */
  readonly unknown: readonly string[];
}

/** The run of a config that ended last, and the newest `count` lines of the services at or below `services`; or null. */
export function readLastRun(
  configFile: string,
  services: readonly string[],
  { lines: count, since = 0 }: { lines: number; since?: number },
): LastOutput | null {
  try {
    const place = findPlace(configFile);
    if (place === null) return null;
    const [head, ...rest] = readFileSync(place.output, "utf8").trimEnd().split("\n");
    const run = JSON.parse(head!) as LastRun;
    const paths = services.map((service) => (run.paths.includes(service) ? service : `${run.name}/${service}`));
    const unknown = services.filter((_, i) => !run.paths.includes(paths[i]!));
    const lines = rest
      .map((line) => JSON.parse(line) as JournalLine)
      .filter(({ path, time }) => time >= since && isAmong(path, paths));
    return { run, lines: lines.slice(Math.max(0, lines.length - count)), unknown };
  } catch {
    return null;
  }
}
