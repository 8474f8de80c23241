// wording.ts: facts in words.

import type { Entry, Value } from "../../shared/protocol.ts";
import { isReason } from "./error-text.ts";
import { countOf, formatMs } from "./format.ts";
import { nameOfState, type Tone, toneOf } from "./tones.ts";

export type Kind = "states" | "health" | "errors" | "messages" | "charts" | "output";

export const kinds: readonly (readonly [kind: Kind, label: string])[] = [
  ["states", "States"],
  ["health", "Health"],
  ["errors", "Errors"],
  ["messages", "Messages"],
  ["charts", "Charts"],
  ["output", "Output"],
];

/** A fact may have two kinds: a crash is a change of state, and an error. */
export function kindsOf(entry: Entry): readonly Kind[] {
  switch (entry.kind) {
    case "status":
      return entry.exit === "failed" || entry.exit === "unstopped" ? ["states", "errors"] : ["states"];
    case "health":
      return ["health"];
    case "service-health":
      return entry.error === undefined || isReason(entry.error) ? ["health"] : ["health", "errors"];
    case "message":
      return ["messages"];
    case "step":
      return ["charts"];
    case "output":
    case "process":
      return ["output"];
    case "removed":
    case "role":
    case "member":
      return ["states"];
    default:
      return ["errors"];
  }
}

export function toneOfEntry(entry: Entry): Tone | null {
  switch (entry.kind) {
    case "status":
      return toneOf({ state: entry.to, phase: entry.phase });
    case "health":
      return entry.to === "healthy" ? "running" : entry.to;
    case "service-health":
      return entry.healthy ? "running" : "unhealthy";
    case "escalation":
    case "unstopped":
    case "late":
    case "stray-error":
      return "failed";
    case "role":
      return entry.to === "running" || entry.to === "starting" || entry.to === "failed" ? entry.to : null;
    default:
      return null;
  }
}

export function describeEntry(entry: Entry): string {
  switch (entry.kind) {
    case "status":
      return describeStatus(entry);
    case "health":
      return `health: ${entry.from} → ${entry.to}`;
    case "service-health":
      return entry.healthy ? "ready again" : `not healthy${entry.error ? `: ${entry.error.message}` : ""}`;
    case "escalation":
      return `gave up: ${entry.error.message}`;
    case "unstopped":
      return `incarnation ${entry.incarnation} still runs ${formatMs(entry.waitedMs)} after it was asked to stop`;
    case "late":
      return `incarnation ${entry.incarnation}, left behind, has ${entry.outcome} at last`;
    case "stray-error":
      return `a stray error: ${entry.error.message}`;
    case "message":
      return `${shortType(entry.type)}${entry.detail ? ` (${entry.detail})` : ""}`;
    case "step":
      return `${entry.id ?? (entry.role === "actor" ? entry.chart : entry.role)} in ${describeValue(entry.value)}`;
    case "process":
      return `runs as process ${entry.pid}`;
    case "output":
      return describeOutput(entry);
    case "removed":
      return "removed from the tree";
    case "role":
      return describeRole(entry);
    case "member":
      return `node ${entry.node} ${entry.to} (${entry.because})`;
  }
}

function describeRole({ role, shard, to, node, because, gapMs }: Extract<Entry, { kind: "role" }>): string {
  const where = node === null ? "" : ` on ${node}`;
  const gap = gapMs === null ? "" : `, nobody's for ${formatMs(gapMs)}`;
  return `in the cluster: ${role}${shard === null ? "" : `/${shard}`} ${to}${where} (${because}${gap})`;
}

function describeOutput({ lines, dropped }: Extract<Entry, { kind: "output" }>): string {
  const text = lines.map((line) => `${line.level === undefined ? "" : `${line.level}: `}${line.text}`).join(" ⏎ ");
  return dropped === 0 ? text : `(${countOf(dropped, "line")} left out) ${text}`;
}

function describeStatus({ from, to, phase, exit, cause, error, delayMs }: Extract<Entry, { kind: "status" }>): string {
  const where = nameOfState(to, phase);
  const way = from === to ? where : `${from} → ${where}`;
  // A stop in order needs no word more than the state.
  const end =
    exit === undefined || exit === to || exit === phase
      ? ""
      : `; ${exit}${cause === undefined || cause === "error" ? "" : ` (${cause})`}`;
  const why = error === undefined ? "" : `: ${error.message}`;
  const wait = delayMs === undefined ? "" : `; again in ${formatMs(delayMs)}`;
  return `${way}${end}${why}${wait}`;
}

/** `xstate.after.backoff.service.backoff` is "after backoff". */
export function shortType(type: string): string {
  return type
    .replace(/^xstate\.after\.(\d+)\..*$/, (_, ms: string) => `after ${formatMs(Number(ms))}`)
    .replace(/^xstate\.after\.([^.]+).*$/, "after $1")
    .replace(/^xstate\.(done|error)\.actor\..*$/, "$1(actor)");
}

export function describeValue(value: Value): string {
  if (typeof value === "string") return value;
  return Object.entries(value)
    .map(([region, inner]) => `${region}.${describeValue(inner)}`)
    .join(", ");
}

export function fitsQuery(entry: Entry, query: string): boolean {
  if (query === "") return true;
  const text =
    `${entry.path} ${describeEntry(entry)} ${"error" in entry ? (entry.error?.name ?? "") : ""}`.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
