// tones.ts: how each state is shown: a tone, whose colour (style/tones.css; Okabe and Ito) is distinct with any colour
// vision, and a letter for people who do not look at colours.

import { type ByPhase, inPhase, type Phase, type ServiceState } from "../../../contract/states.ts";
import type { Row } from "../../shared/protocol.ts";

export type Tone =
  | "running"
  | "degraded"
  | "unhealthy"
  | "starting"
  | "waiting"
  | "backoff"
  | "stopping"
  | "stopped"
  | "completed"
  | "failed"
  | "unknown";

interface Look {
  readonly letter: string;
  readonly label: string;
  readonly meaning: string;
  /** It wants attention. */
  readonly isBad: boolean;
}

export const looks: Readonly<Record<Tone, Look>> = {
  running: { letter: "R", label: "running", meaning: "up, and healthy", isBad: false },
  degraded: {
    letter: "D",
    label: "degraded",
    meaning: "a supervisor that is up, with a service that is not",
    isBad: true,
  },
  unhealthy: { letter: "U", label: "unhealthy", meaning: "up, but not healthy", isBad: true },
  starting: { letter: "S", label: "starting", meaning: "in its start delay, or launching", isBad: false },
  waiting: { letter: "W", label: "waiting", meaning: "waits for what it depends on", isBad: true },
  backoff: { letter: "B", label: "backoff", meaning: "failed; restarts after a while", isBad: true },
  stopping: { letter: "P", label: "stopping", meaning: "was asked to stop, and has not ended yet", isBad: false },
  stopped: {
    letter: "O",
    label: "stopped",
    meaning: "off: not started, stopped by hand, or with its supervisor or group",
    isBad: false,
  },
  completed: { letter: "C", label: "completed", meaning: "has done its work, or waits for its next run", isBad: false },
  failed: { letter: "F", label: "failed", meaning: "for good, until it is started by hand", isBad: true },
  unknown: { letter: "?", label: "unknown", meaning: "not known at this moment", isBad: false },
};

const tones: ByPhase<Tone> = {
  stopped: {
    idle: "stopped",
    byHand: "stopped",
    completed: "completed",
    dismissed: "stopped",
    grouped: "stopped",
    scheduled: "completed",
  },
  starting: { waiting: "waiting", delaying: "starting", launching: "starting" },
  running: { healthy: "running", unhealthy: "unhealthy" },
  stopping: { none: "stopping" },
  backoff: { counting: "backoff", held: "backoff" },
  failed: { none: "failed", grouped: "failed", scheduled: "failed" },
};

/** Phases in words; the others are words already. */
const phaseWords: Partial<Record<Phase, string>> = { byHand: "by hand", grouped: "with its group" };

/** "stopped · by hand": a state with its phase, where that says more than the state. */
export function nameOfState(state: ServiceState, phase: Phase | null): string {
  return phase === null || phase === "idle" ? state : `${state} · ${phaseWords[phase] ?? phase}`;
}

/** A state in one word: its phase, where that is what a reader wants to know. */
export function briefNameOf(state: ServiceState, phase: Phase | null): string {
  const isTelling =
    state === "starting" ||
    state === "running" ||
    (state === "stopped" && (phase === "completed" || phase === "dismissed" || phase === "scheduled"));
  return isTelling && phase !== null ? phase : state;
}

/**
 * The tone of a row. A supervisor that runs is as its health says, unless it is unhealthy as a service. A recording of another version may have states that
 * this page does not know.
 */
export function toneOf(row: (Pick<Row, "state" | "phase"> & Partial<Pick<Row, "health">>) | undefined): Tone {
  if (row === undefined || !Object.hasOwn(tones, row.state)) return "unknown";
  const tone = inPhase(tones, row.state, row.phase) ?? "unknown";
  const isUp = row.state === "running";
  // The services of a role may be well while the role itself is not: a shard of it is nobody's.
  return isUp && row.health != null && tone !== "unhealthy" ? toneOfHealth[row.health] : tone;
}

const toneOfHealth: Readonly<Record<NonNullable<Row["health"]>, Tone>> = {
  healthy: "running",
  degraded: "degraded",
  unhealthy: "unhealthy",
};
