// waits.ts: waits until services are healthy or completed, for `wait`.

import type { ServiceStatus, TreeStatus } from "../../contract/status.ts";
import type { Supervisor } from "../../index.ts";
import { isFine } from "../print/states.ts";

/** How the wait for one service ended: it is up, it will not come up, or the time ran out first. */
type Outcome = "up" | "hopeless" | "late";

export interface Waited {
  readonly service: string;
  readonly outcome: Outcome;
}

/**
 * Waits until all of `paths` are up, or one of them is hopeless, or `timeoutMs` has passed, or the signal aborts. The root
 * is up when all of its critical services are.
 */
export function waitFor(
  supervisor: Supervisor,
  paths: readonly string[],
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<Waited[]> {
  const look = () => paths.map((service) => ({ service, outcome: judge(supervisor, service) }));
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      unlisten();
      signal.removeEventListener("abort", end);
      resolve(look().map(({ service, outcome }) => ({ service, outcome: outcome ?? "late" })));
    };
    const check = () => {
      const outcomes = look().map(({ outcome }) => outcome);
      if (outcomes.includes("hopeless") || outcomes.every((outcome) => outcome === "up")) end();
    };
    const unlisten = supervisor.on("*", check);
    const timer = setTimeout(end, Math.min(timeoutMs, longestTimerMs));
    signal.addEventListener("abort", end, { once: true });
    check();
  });
}

/** Longer timers end at once. */
const longestTimerMs = 2 ** 31 - 1;

/** undefined while it may still come up. */
function judge(supervisor: Supervisor, service: string): Outcome | undefined {
  const status = statusOf(supervisor, service);
  if (status === undefined) return "hopeless";
  const isUp = "services" in status && status.path === supervisor.name ? isTreeUp(supervisor, status) : isFine(status);
  if (isUp) return "up";
  const { state } = supervisor.status();
  return isOver(status) || state === "stopped" || state === "failed" ? "hopeless" : undefined;
}

/** undefined once it was removed. */
function statusOf(supervisor: Supervisor, service: string): ServiceStatus | TreeStatus | undefined {
  try {
    return supervisor.status(service);
  } catch {
    return undefined;
  }
}

function isTreeUp(supervisor: Supervisor, { state, phase }: TreeStatus): boolean {
  return phase === "completed" || (state === "running" && supervisor.health().status !== "unhealthy");
}

/** It does not come up by itself. One that is idle or grouped waits for its supervisor. */
function isOver({ state, phase }: ServiceStatus): boolean {
  return (state === "failed" && phase === null) || phase === "byHand" || phase === "dismissed";
}
