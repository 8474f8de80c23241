// sentences.ts: what a service is about, in one sentence for a person; explain.ts has the same as data.

import type { PhaseOf } from "../../machines/states.ts";
import { textOf } from "../contract/wording.ts";
import { toStopErrors } from "../tree/failures.ts";
import { summaryOf } from "../tree/inside.ts";
import type { Child } from "../tree/service.ts";
import type { TreeSupervisor } from "../tree/supervisor.ts";
import { currentFailures, nextAttemptAt, toHolds, waitingFor } from "./status.ts";

export function retriesLeft(child: Child): number {
  return Math.max(0, child.plan.rule.restart.maxRetries - currentFailures(child));
}

/** Seconds for a person: 0.3 s, 4.0 s, 75 s. */
function formatMs(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  return `${seconds < 60 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}

function agoOf(child: { since: number; tree: Child["tree"] }): string {
  return formatMs(child.tree.clock.now() - child.since);
}

export function summariseChild(child: Child): string {
  const because = child.error ? `: ${textOf(child.error)}` : "";
  switch (child.state) {
    case "running":
      return child.phase === "healthy"
        ? `running and healthy for ${agoOf(child)}`
        : `running for ${agoOf(child)}, not healthy${child.unhealthyError ? `: ${textOf(child.unhealthyError)}` : healthWait(child)}`;
    case "starting":
      return summariseStart(child);
    case "stopping":
      return `stopping for ${agoOf(child)}; it is given ${formatLimit(child.context.stopTimeoutMs)}${whatIsLive(child.supervisor)}`;
    case "backoff":
      return `${condense(child)}${because}`;
    case "failed":
      if (child.phase === "scheduled") return `its run failed ${agoOf(child)} ago, ${nextRunOf(child)}${because}`;
      return `${summariseFailure(child)}${because}`;
    case "stopped":
      return summariseStop(child);
  }
}

function summariseFailure(child: Child): string {
  const ago = `${agoOf(child)} ago`;
  const { path, owner } = downAbove(child);
  if (!child.parent.isSupervising && owner?.state === "backoff")
    return `failed ${ago}; starts again with its supervisor ${path} (${condense(owner)})`;
  return child.exit?.kind === "unstopped" ? `failed ${ago}` : `failed for good ${ago}`;
}

function nextRunOf({ nextRunAt, tree }: Child): string {
  return nextRunAt === null ? "and there is no next run" : `next run in ${formatMs(nextRunAt - tree.clock.now())}`;
}

/** What the code of this package adds about a service of its own, such as a cluster. */
export function noteOf(child: Child): string {
  const note = child.isLive ? summaryOf(child) : null;
  return note === null ? "" : `; ${note}`;
}

export function listHolds(child: Child): string {
  const holds = toHolds(child).map(({ path, incarnation, isAlive }) => {
    const name = path.startsWith(`${child.parent.path}/`) ? path.slice(child.parent.path.length + 1) : path;
    return `${name} (incarnation ${incarnation})${isAlive ? "" : ", which is gone"}`;
  });
  return holds.length === 0 ? "" : `; holds ${shorten(holds)}`;
}

function healthWait(child: Child): string {
  if (child.supervisor?.state === "stopping")
    return `: it has failed, and stops its services${whatIsLive(child.supervisor)}`;
  if (child.supervisor !== null) return `: ${listUnhealthy(child.supervisor)}`;
  return child.plan.rule.readiness ? ": its readiness has not passed yet" : "";
}

function summariseStart(child: Child): string {
  switch (child.phase) {
    case "waiting":
      return `waiting for ${
        waitingFor(child)
          .map(({ dependency }) => `${dependency.plan.name} (${condense(dependency)})`)
          .join(", ") || "its turn"
      }`;
    case "delaying":
      return `in its start delay of ${formatMs(child.plan.rule.startDelayMs)} for ${agoOf(child)}`;
    default: {
      const limit = child.plan.rule.startTimeoutMs;
      const what = child.supervisor
        ? `: ${listUnhealthy(child.supervisor)}`
        : child.plan.options.readyOnSignal
          ? "; it has not said that it is ready yet"
          : "";
      return `launching for ${agoOf(child)}; it is given ${formatLimit(limit)}${what}`;
    }
  }
}

function summariseStop(child: Child): string {
  const ago = `${agoOf(child)} ago`;
  switch (child.phase as PhaseOf<"stopped">) {
    case "byHand":
      return `stopped by hand ${ago}; it stays so until it is started or restarted by hand`;
    case "completed":
      return `completed ${ago}`;
    case "dismissed":
      return child.isDismissedWithGroup
        ? `stopped with its group ${ago}; its restart policy "${child.plan.rule.restart.policy}" does not bring it back`
        : `stopped for good ${ago}: its restart.decide returned "stop"`;
    case "grouped":
      return child.parent.isRegrouping(child)
        ? "stopped; it restarts with its group"
        : "stopped with its dependency; it starts again with it";
    case "scheduled":
      return `${child.exit?.kind === "completed" ? `completed a run ${ago}` : `scheduled ${ago}`}, ${nextRunOf(child)}`;
    case "idle": {
      const { path, state, owner } = downAbove(child);
      return child.parent.isSupervising
        ? "stopped"
        : `stopped; its supervisor ${path} is ${owner === null ? state : condense(owner)}`;
    }
  }
}

/** The supervisor above a child that is down itself, and not because one above it is. */
function downAbove({ parent }: Child): TreeSupervisor {
  const { owner } = parent;
  return owner === null || owner.parent.isSupervising ? parent : downAbove(owner);
}

/** One dependency in a few words. */
export function condense(child: Child): string {
  const { tree, plan } = child;
  switch (child.state) {
    case "running":
      return child.phase === "healthy" ? "running" : "running, not healthy";
    case "starting":
      return child.phase === "waiting"
        ? `waiting for ${waitingFor(child)
            .map(({ dependency }) => dependency.plan.name)
            .join(", ")}`
        : `${child.phase}${noteOf(child)}`;
    case "backoff": {
      const at = nextAttemptAt(child);
      const when = at === null ? "restarts with its group" : `next attempt in ${formatMs(at - tree.clock.now())}`;
      const left =
        plan.rule.restart.maxRetries === Infinity
          ? "no limit of retries"
          : `${retriesLeft(child)} of ${plan.rule.restart.maxRetries} retries left`;
      return `in backoff, ${when}, ${left}`;
    }
    case "stopped":
      return child.phase === "byHand" ? "stopped by hand" : child.phase === "completed" ? "completed" : "stopped";
    default:
      return child.state;
  }
}

function formatLimit(ms: number): string {
  return ms === Infinity ? "no limit" : formatMs(ms);
}

function whatIsLive(supervisor: TreeSupervisor | null): string {
  if (supervisor === null) return "";
  const live = [...supervisor.children.values()].filter((child) => child.isLive).map((child) => child.plan.name);
  return live.length === 0 ? "" : `; still there: ${shorten(live)}`;
}

function listUnhealthy(supervisor: TreeSupervisor): string {
  const names = [...supervisor.children.values()]
    .filter((child) => child.plan.options.critical && child.rating === "unhealthy")
    .map((child) => `${child.plan.name} (${condense(child)})`);
  return `waiting for ${shorten(names) || "its children"}`;
}

export function summariseSupervisor(supervisor: TreeSupervisor): string {
  const { path } = supervisor;
  switch (supervisor.state) {
    case "starting":
      return `starting: ${listUnhealthy(supervisor)}`;
    case "running":
      return supervisor.health === "unhealthy"
        ? `running, unhealthy: ${listUnhealthy(supervisor)}`
        : `running and ${supervisor.health}`;
    case "stopping":
      return `stopping${whatIsLive(supervisor)}`;
    case "failed":
      return `failed: ${supervisor.failure?.message ?? toStopErrors(path, supervisor.stopErrors).message}`;
    default:
      return "stopped";
  }
}

function shorten(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
}
