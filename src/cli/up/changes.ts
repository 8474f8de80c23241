// What an update means to a person who watches: who, and what in a few words; nothing for what need not be said.

import type { SupervisorError } from "../../contract/errors.ts";
import type { Update } from "../../contract/updates.ts";
import { textOf } from "../../contract/wording.ts";
import type { Supervisor } from "../../index.ts";
import { clip, formatMs, shorten, withoutPath } from "../print/format.ts";
import { lookOf } from "../print/states.ts";
import type { Style } from "../print/style.ts";

export interface Change {
  readonly path: string;
  readonly sign: string;
  readonly colour: Parameters<Style>[0];
  readonly text: string;
  /** The last lines that a process wrote before it failed, and what else belongs below. */
  readonly below?: readonly string[];
}

type StatusUpdate = Extract<Update, { type: "status" }>;

export interface ChangeReader {
  read(update: Update): Change | undefined;
}

/** Remembers when each service began to start, to say how long it took. */
export function createChangeReader(supervisor: Supervisor, pidOf: (path: string) => number | null): ChangeReader {
  const launchedAt = new Map<string, number>();

  function readStatus(update: StatusUpdate): Change | undefined {
    const { path, from, to, phase, at, incarnation } = update;
    if (to === "starting" && phase === "launching") launchedAt.set(path, at);
    const text = textOfStatus(update);
    if (text === undefined || path === supervisor.name) return undefined;
    const { sign, colour } = lookOf({ state: to, phase, exit: update.exit?.kind ?? null });
    const error = update.exit?.kind === "failed" ? update.exit.error : undefined;
    // Before a restart it would only repeat what has scrolled by a moment ago.
    const below = to === "failed" ? outputOf(error) : [];
    return { path, sign, colour, text, ...(below.length > 0 && { below }) };

    function textOfStatus({ exit, delayMs = 0, failures = 0 }: StatusUpdate): string | undefined {
      switch (to) {
        case "starting":
          return phase === "waiting" && from !== to ? textOfWait(path) : undefined;
        case "running":
          return from === "running" ? undefined : textOfUp(path, incarnation, at);
        case "backoff":
          return `${reasonOf(exit, path)}; restarts in ${formatMs(delayMs)}${textOfBudget(path, failures)}`;
        case "failed":
          return exit?.kind === "unstopped"
            ? undefined
            : `failed for good: ${withoutLastWords(reasonOf(exit, path)) || lastErrorOf(path)}`;
        case "stopping":
          return undefined;
        case "stopped":
          if (exit === undefined && from === "starting") return "not started";
          return exit?.kind === "completed" ? "completed" : from === "stopped" ? undefined : "stopped";
      }
    }
  }

  function textOfUp(path: string, incarnation: number, at: number): string {
    const began = launchedAt.get(path);
    const took = began === undefined ? "" : ` after ${formatMs(at - began)}`;
    const pid = pidOf(path);
    const again = incarnation > 1 ? ` again (start ${incarnation})` : "";
    return `up${again}${took}${pid === null ? "" : `, pid ${pid}`}`;
  }

  function textOfWait(path: string): string | undefined {
    const { waitingFor } = supervisor.status(path);
    return waitingFor.length === 0 ? undefined : `waits for ${waitingFor.map(shorten).join(", ")}`;
  }

  function textOfBudget(path: string, failures: number): string {
    const retries = failures + supervisor.explain(path).retriesLeft;
    if (failures === 0) return "";
    return Number.isFinite(retries) ? ` (retry ${failures} of ${retries})` : ` (retry ${failures})`;
  }

  function lastErrorOf(path: string): string {
    return withoutPath(supervisor.status(path).error?.message ?? "for no known reason", path);
  }

  return {
    read(update) {
      switch (update.type) {
        case "status":
          return readStatus(update);
        case "service-health": {
          const { path, healthy, error } = update;
          if (healthy) return { path, sign: "●", colour: "green", text: "healthy" };
          return { path, sign: "◍", colour: "yellow", text: `not healthy${error ? `: ${textOf(error)}` : ""}` };
        }
        case "escalation":
          return {
            path: update.path,
            sign: "✖",
            colour: ["red", "bold"],
            text: textOfEscalation(update.path, update.error),
          };
        case "unstopped":
          return {
            path: update.path,
            sign: "✖",
            colour: ["red", "bold"],
            text: `did not stop within ${formatMs(update.waitedMs)}, and is left behind: JavaScript cannot end it`,
          };
        case "late":
          return {
            path: update.path,
            sign: "□",
            colour: "gray",
            text: `start ${update.incarnation}, which had been left behind, ended at last (${update.outcome})`,
          };
        case "stray-error":
          return {
            path: update.path,
            sign: "!",
            colour: "red",
            text: `an error that nobody caught is taken as its failure: ${textOf(update.error)}`,
          };
        default:
          return undefined;
      }
    },
  };
}

/** Why the service failed, its own line has told. */
function textOfEscalation(path: string, { code, path: culprit, message }: SupervisorError): string {
  if (culprit === undefined || culprit === path || code === "ERR_INTENSITY")
    return `gives up: ${withoutPath(message, path)}`;
  return `gives up, since ${shorten(culprit)} has failed for good`;
}

function reasonOf(exit: StatusUpdate["exit"], path: string): string {
  if (exit?.kind === "failed") return clip(withoutPath(textOf(exit.error), path), 300);
  return exit?.kind === "completed" ? "ended" : "";
}

/** The lines below tell them. */
function withoutLastWords(reason: string): string {
  return reason.replace(/; it said last: [\s\S]*$/, "");
}

/** A process's error carries the last lines that it wrote. */
function outputOf(error: Error | undefined): readonly string[] {
  const output = (error as { output?: unknown } | undefined)?.output;
  return Array.isArray(output) ? output.filter((line) => typeof line === "string") : [];
}
