// sentence.ts: why a service is in its state and what happens next, in words, at any moment and by the page's own clock.
// Longer than other files: the words for one state stand side by side, so that they do not contradict each other.

import type { ChildDescription, TreeDescription } from "../../../contract/description.ts";
import type { Moment } from "../../shared/history.ts";
import type { ErrorInfo, Row } from "../../shared/protocol.ts";
import { formatDuration, formatMs, nameOf, parentOf } from "./format.ts";
import { isDependent } from "./problems.ts";
import { looks, toneOf } from "./tones.ts";
import type { TreeModel } from "./tree.ts";
import { type Wait, waitsOf } from "./waiting.ts";

/** What a sentence is about: the tree at a moment, and the time of that moment. */
export interface Scene {
  readonly tree: TreeModel;
  readonly moment: Moment;
  readonly now: number;
}

/** One sentence: the state of a service, since when, and what happens next. `culprit`: what makes a supervisor unwell. */
export function toSentence(path: string, scene: Scene, culprit: string | null): string {
  const row = scene.moment.rows.get(path);
  if (row === undefined) return "not part of the tree at this moment";
  const lasts = formatDuration(scene.now - row.since);
  switch (toneOf(row)) {
    case "running":
      return `up for ${lasts}`;
    case "degraded":
      return `up for ${lasts}, degraded by ${culpritOf(culprit, scene)}`;
    case "unhealthy":
      return `up for ${lasts}, not healthy${culprit === null ? "" : `: waits for ${culpritOf(culprit, scene)}`}`;
    case "waiting":
      return `waiting for ${lasts}: ${listWaits(path, scene)}`;
    case "starting":
      return toStart(row, specOf(path, scene), lasts, culprit, scene);
    case "backoff":
      return `failed ${lasts} ago; ${nextOf(row, scene.now)}${retriesOf(row, specOf(path, scene))}`;
    case "stopping":
      return `stopping for ${lasts}; it is given ${limitOf(specOf(path, scene)?.stopTimeoutMs)}`;
    case "failed":
      return toFailure(row, lasts, scene);
    case "completed":
      return row.phase === "scheduled" ? `waits for its next run, for ${lasts}` : `completed ${lasts} ago`;
    case "stopped":
      return toStop(row, lasts, scene);
    case "unknown":
      return `${row.state} for ${lasts}`;
  }
}

/** A sentence as it goes on behind the label of the state, which it does not say again: "waiting" and " for 3.0 s: gateway". */
export function afterLabel(label: string, sentence: string): string {
  if (sentence.startsWith(`${label} `)) return sentence.slice(label.length);
  const [, up, by] = /^(.*), degraded (by .*)$/.exec(sentence) ?? [];
  if (by !== undefined) return ` ${by} · ${up}`;
  return ` · ${label === "unhealthy" ? sentence.replace(", not healthy", "") : sentence}`;
}

function toFailure({ path, phase }: Row, lasts: string, scene: Scene): string {
  if (phase === "grouped") return `failed with its group ${lasts} ago`;
  if (phase === "scheduled") return `its run failed ${lasts} ago; it waits for the next one`;
  const above = nextAbove(path, scene);
  if (above !== "") return `failed ${lasts} ago; it starts again with ${above}`;
  return `failed for good ${lasts} ago; it stays so until it is started by hand`;
}

function toStart(
  row: Row,
  spec: ReturnType<typeof specOf>,
  lasts: string,
  culprit: string | null,
  scene: Scene,
): string {
  if (row.phase === "delaying") return `in its start delay of ${formatMs(spec?.startDelayMs ?? 0)} for ${lasts}`;
  const rest = culprit === null ? "" : `; waits for ${culpritOf(culprit, scene)}`;
  return spec === null
    ? `starting for ${lasts}${rest}`
    : `launching for ${lasts}; it is given ${limitOf(spec.startTimeoutMs)}${rest}`;
}

function toStop(row: Row, lasts: string, scene: Scene): string {
  switch (row.phase) {
    case "byHand":
      return `stopped by hand ${lasts} ago; it stays so until it is started by hand`;
    case "dismissed":
      return `stopped for good ${lasts} ago: its restart policy does not bring it back`;
    case "grouped":
      return `stopped with its group or its dependency ${lasts} ago; it starts again with it`;
    default: {
      const stopped = row.incarnation === 0 ? "not started yet" : `stopped ${lasts} ago`;
      const above = nextAbove(row.path, scene);
      return above === "" ? stopped : `${stopped}; it starts with ${above}`;
    }
  }
}

/** The supervisor in backoff that brings a service back which is down, and when: "ads: next attempt in 13 s"; or "". */
function nextAbove(path: string, { moment, now }: Scene): string {
  for (let up = parentOf(path); up !== null; up = parentOf(up)) {
    const row = moment.rows.get(up);
    if (row?.state === "backoff") return `${nameOf(up)}: ${nextOf(row, now)}`;
    if (row?.state !== "failed" && row?.state !== "stopped") return "";
  }
  return "";
}

/** Why a service is not well, in a few words; "" when it is well. For columns, and for what depends on it. */
export function toReason(path: string, scene: Scene, culprit: string | null): string {
  const row = scene.moment.rows.get(path);
  if (row === undefined) return "";
  switch (toneOf(row)) {
    case "degraded":
      return `degraded by ${culpritOf(culprit, scene)}`;
    case "unhealthy":
      if (row.unhealthy !== null) return messageOf(row.path, row.unhealthy);
      if (culprit !== null) return `waits for ${culpritOf(culprit, scene)}`;
      if (row.kind === "supervisor") return "not all of its services are healthy";
      // The recording may have begun later than the fact that had the reason.
      return hasReadiness(specOf(path, scene)) ? "its readiness does not pass" : "why is not in this recording";
    case "waiting":
      return `waits for ${listWaits(path, scene)}`;
    case "starting":
      if (row.failures > 0 && row.error !== null) return `starts again after: ${messageOf(path, row.error)}`;
      if (culprit !== null) return `waits for ${culpritOf(culprit, scene)}`;
      return row.phase === "launching" ? "is being started" : "";
    case "backoff":
    case "failed":
      if (isDependent(row)) return `needs ${listWaits(path, scene)}`;
      return row.error === null ? "" : messageOf(path, row.error);
    case "stopped":
      return stopReasons[row.phase ?? ""] ?? "";
    default:
      return "";
  }
}

const stopReasons: Readonly<Record<string, string>> = {
  byHand: "stopped by hand",
  dismissed: "its restart policy does not bring it back",
  grouped: "down with its group or its dependency; starts again with it",
};

const afterFailure: Readonly<Record<string, string>> = { grouped: "with its group", scheduled: "its next run" };

/** What happens next, or "". */
export function toNext(path: string, scene: Scene): string {
  const row = scene.moment.rows.get(path);
  if (row === undefined) return "";
  switch (toneOf(row)) {
    case "backoff":
      return nextOf(row, scene.now);
    case "failed":
      return afterFailure[row.phase ?? ""] ?? (nextAbove(path, scene) || "nothing, until it is started by hand");
    case "waiting":
      return "starts once that holds";
    case "unhealthy":
    case "degraded":
      return "is checked again and again";
    case "starting":
      return row.phase === "delaying" ? "starts after its delay" : timeLeftOf(row, scene) || "runs once it is ready";
    case "stopped":
      return row.phase === "grouped" ? "starts again with it" : row.phase === "idle" ? nextAbove(path, scene) : "";
    default:
      return "";
  }
}

/** What happens next to a service that another one, the root, keeps down. */
export function toNextAfter(root: string, scene: Scene): string {
  const row = scene.moment.rows.get(root);
  const name = nameOf(root);
  if (row === undefined) return `once ${name} is there`;
  const tone = toneOf(row);
  const isOff = tone === "stopped" && row.phase === "byHand";
  if (isOff || (tone === "failed" && afterFailure[row.phase ?? ""] === undefined))
    return nextAbove(root, scene) || `nothing, until ${name} is started by hand`;
  const next = tone === "backoff" ? nextOf(row, scene.now) : tone === "starting" ? timeLeftOf(row, scene) : "";
  if (next !== "") return `${name}: ${next}`;
  return `once ${name} is ${tone === "unhealthy" || tone === "degraded" ? "healthy" : "up"}`;
}

/** Why a service is a problem, beside a column that says what comes next. `root`: what keeps it down; null: itself. */
export function toWhy(path: string, root: string | null, scene: Scene, culprit: string | null): string {
  const row = scene.moment.rows.get(path);
  const tone = toneOf(row);
  if (tone === "waiting") return toWaits(path, scene);
  if (tone === "stopped" && root !== null) return `down with ${nameOf(root)}`;
  return toReason(path, scene, culprit);
}

/** What a service waits for, by name. */
export function toWaits(path: string, scene: Scene): string {
  const names = unmetOf(path, scene).map(({ path: on }) => nameOf(on));
  return names.length === 0 ? "waits for its turn" : `waits for ${names.join(", ")}`;
}

/**
 * A dependency of a service: its condition and what holds instead, so that nobody reads "healthy" where it is needed but not
 * so. `row`: that of the service; `brief`: what the dependency is.
 */
export function toNeed(condition: string, isMet: boolean, row: Row | undefined, brief: string): string {
  const word = { started: "running", healthy: "healthy", completed: "completed" }[condition] ?? condition;
  if (isMet) return `is ${word}`;
  const isUp = row !== undefined && ["running", "stopping", "backoff"].includes(row.state);
  return isUp ? `is ${brief} (it was ${word} at the start, and is not waited for)` : `needs ${word} · is ${brief}`;
}

/** "has 9 min 48 s to start"; "" without a limit. */
function timeLeftOf(row: Row, scene: Scene): string {
  const limit = specOf(row.path, scene)?.startTimeoutMs;
  if (limit === null || limit === undefined) return "";
  return `has ${formatDuration(Math.max(0, row.since + limit - scene.now))} to start`;
}

/** One service in a few words, for a sentence about another one: "in backoff, next attempt in 27 s". */
export function toBrief(path: string, scene: Scene): string {
  const row = scene.moment.rows.get(path);
  const tone = toneOf(row);
  if (row === undefined) return "not there";
  if (tone === "backoff") return `in backoff, ${nextOf(row, scene.now)}`;
  if (tone === "unhealthy") return "running, not healthy";
  if (tone === "running") return "running";
  if (tone === "stopped" && row.phase === "byHand") return "stopped by hand";
  if (tone === "waiting")
    return `waiting for ${unmetOf(path, scene)
      .map(({ path: on }) => nameOf(on))
      .join(", ")}`;
  return looks[tone].label;
}

/** The message of an error without the path at its beginning, which is shown beside it. */
export function messageOf(path: string, { message }: ErrorInfo): string {
  return message.replaceAll(`${path}: `, "");
}

function culpritOf(culprit: string | null, scene: Scene): string {
  return culprit === null ? "its services" : `${nameOf(culprit)}: ${toBrief(culprit, scene)}`;
}

function unmetOf(path: string, { tree, moment }: Scene): readonly Wait[] {
  return waitsOf(path, tree, moment).filter(({ isMet, required }) => !isMet && required);
}

function listWaits(path: string, scene: Scene): string {
  const waits = unmetOf(path, scene);
  if (waits.length === 0) return "its turn";
  const shown = waits.slice(0, 3).map(({ path: on, condition }) => {
    const needs = condition === "healthy" ? "" : ` to be ${condition}`;
    return `${nameOf(on)}${needs} (${toBrief(on, scene)})`;
  });
  return `${shown.join(", ")}${waits.length > 3 ? ` and ${waits.length - 3} more` : ""}`;
}

function nextOf({ nextAttemptAt }: Row, now: number): string {
  return nextAttemptAt === null ? "restarts with its group" : `next attempt in ${formatDuration(nextAttemptAt - now)}`;
}

function hasReadiness(spec: ReturnType<typeof specOf>): boolean {
  return spec?.probes.some((probe) => probe !== "liveness") ?? false;
}

/** How many retries are left; "" for a service that is never restarted, or without a limit. */
function retriesOf(row: Row, spec: ReturnType<typeof specOf>): string {
  const left = retriesLeft(row, spec);
  return left === null ? "" : `, ${left} of ${spec!.restart.maxRetries} retries left`;
}

/** null: it is never restarted, or there is no limit. */
export function retriesLeft(row: Row, spec: ReturnType<typeof specOf>): number | null {
  if (spec === null || spec.restart.policy === "never" || spec.restart.maxRetries === null) return null;
  return Math.max(0, spec.restart.maxRetries - row.failures);
}

function limitOf(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? "no limit" : formatMs(ms);
}

/** The definition of a service; null for the root, and for one that is no longer defined. */
export function specOf(path: string, { tree }: Scene): ChildDescription | null {
  const spec: TreeDescription | ChildDescription | null | undefined = tree.nodes.get(path)?.spec;
  return spec !== null && spec !== undefined && "restart" in spec ? spec : null;
}
