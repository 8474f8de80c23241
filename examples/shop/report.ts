// The report: prints what happens in the tree, line by line, and counts what the summary needs.

import type { Supervisor, Update } from "statevisor";
import { type Screen, shorten } from "./screen.ts";

export interface Tally {
  readonly crashes: Map<string, number>;
  restarts: number;
}

type StatusUpdate = Extract<Update, { type: "status" }>;

export function reportOn(supervisor: Supervisor, screen: Screen): Tally {
  const tally: Tally = { crashes: new Map(), restarts: 0 };
  const downSince = new Map<string, number>();

  supervisor.on("status", (update) => {
    const who = shorten(update.path);
    if (update.from === "running" && update.to !== "running") downSince.set(update.path, update.at);
    switch (update.to) {
      case "starting":
        return reportStart(update);
      case "running":
        if (update.from !== "running") reportUp(update);
        return;
      case "backoff":
        tally.crashes.set(who, (tally.crashes.get(who) ?? 0) + 1);
        return screen.line(who, "crashed", `${toReason(update)}; restarts in ${formatMs(update.delayMs ?? 0)}`, "red");
      case "failed":
        return screen.line(who, "failed", `${toReason(update)}; for good`, ["red", "bold"]);
      case "stopping":
        return screen.line(who, "stopping", "", "dim");
      case "stopped": {
        const isDone = update.exit?.kind === "completed";
        return screen.line(who, isDone ? "completed" : "stopped", "", isDone ? "green" : "dim");
      }
    }
  });

  supervisor.on("service-health", ({ path, healthy, error }) => {
    if (supervisor.status(path).kind === "service") reportHealth(path, healthy ? "healthy" : "unhealthy", error);
  });

  supervisor.on("health", ({ path, to }) => {
    // A service is not expected to be healthy before it is up, and after it was asked to stop.
    if (supervisor.status(path).state === "running") reportHealth(path, to);
  });

  supervisor.on("escalation", ({ path, error }) => {
    screen.line(shorten(path), "gives up", shorten(error.message), ["red", "bold"]);
  });

  supervisor.on("unstopped", ({ path, waitedMs }) => {
    screen.line(shorten(path), "unstopped", `after ${formatMs(waitedMs)}; left behind`, ["red", "bold"]);
  });

  function reportStart({ path, phase }: StatusUpdate): void {
    if (phase !== "waiting") return screen.line(shorten(path), "starting", "", "dim");
    const { waitingFor } = supervisor.status(path); // empty if it does not have to wait
    if (waitingFor.length > 0)
      screen.line(shorten(path), "waiting", `for ${waitingFor.map(shorten).join(" and ")}`, "dim");
  }

  function reportHealth(path: string, health: string, error?: Error): void {
    const who = shorten(path);
    screen.line(who, health, error && toText(error, who), health === "healthy" ? "green" : "yellow");
  }

  function reportUp({ path, incarnation, at }: StatusUpdate): void {
    const since = downSince.get(path);
    if (since === undefined) return screen.line(shorten(path), "running", "", "green");
    tally.restarts++;
    screen.line(shorten(path), "running", `again, incarnation ${incarnation}, after ${formatMs(at - since)}`, "green");
  }

  return tally;
}

function toReason({ exit, path }: StatusUpdate): string {
  if (exit?.kind !== "failed") return "";
  // The message of the check is more useful than how often it failed.
  const error = exit.cause === "liveness" && exit.error.cause instanceof Error ? exit.error.cause : exit.error;
  return toText(error, shorten(path));
}

/** The first sentence of a message, without the name that the line begins with. */
function toText(error: Error, who: string): string {
  return shorten(error.message).replaceAll(`${who}: `, "").split(". ")[0]!;
}

export function formatMs(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
