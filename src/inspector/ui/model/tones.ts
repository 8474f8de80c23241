// tones.ts: how each state is shown: a tone, whose colour (style/tones.css; Okabe and Ito) is distinct with any colour
// vision, and a letter for people who do not look at colours.

import { type ByPhase, inPhase, type Phase, type ServiceState } from "../../../contract/states.ts";
import type { Row } from "../../shared/protocol.ts";

export type Tone =
  | "running"
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
}

export const looks: Readonly<Record<Tone, Look>> = {
  running: { letter: "R", label: "running", meaning: "up, and healthy" },
  unhealthy: { letter: "U", label: "unhealthy", meaning: "up, but not healthy" },
  starting: { letter: "S", label: "starting", meaning: "in its start delay, or launching" },
  waiting: { letter: "W", label: "waiting", meaning: "waits for what it depends on" },
  backoff: { letter: "B", label: "backoff", meaning: "failed; restarts after a while" },
  stopping: { letter: "P", label: "stopping", meaning: "was asked to stop, and has not ended yet" },
  stopped: {
    letter: "O",
    label: "stopped",
    meaning: "off: not started, stopped by hand, or with its supervisor or group",
  },
  completed: { letter: "C", label: "completed", meaning: "has done its work" },
  failed: { letter: "F", label: "failed", meaning: "for good, until it is started by hand" },
  unknown: { letter: "?", label: "unknown", meaning: "not known at this moment" },
};

const tones: ByPhase<Tone> = {
  stopped: {
    idle: "stopped",
    byHand: "stopped",
    completed: "completed",
    dismissed: "stopped",
    grouped: "stopped",
  },
  starting: { waiting: "waiting", delaying: "starting", launching: "starting" },
  running: { healthy: "running", unhealthy: "unhealthy" },
  stopping: { none: "stopping" },
  backoff: { counting: "backoff", held: "backoff" },
  failed: { none: "failed", grouped: "failed" },
};

/** Phases in words; the others are words already. */
const phaseWords: Partial<Record<Phase, string>> = { byHand: "by hand", grouped: "with its group" };

/** "stopped · by hand": a state with its phase, where that says more than the state. */
export function nameOfState(state: ServiceState, phase: Phase | null): string {
  return phase === null || phase === "idle" ? state : `${state} · ${phaseWords[phase] ?? phase}`;
}

/** A state in one word: its phase, where that is what a reader wants to know. */
export function briefNameOf(state: ServiceState, phase: Phase | null): string {
  const isTelling = state === "starting" || state === "running" || phase === "completed" || phase === "dismissed";
  return isTelling && phase !== null ? phase : state;
}

/** A recording of another version may have states that this page does not know. */
export function toneOf(row: Pick<Row, "state" | "phase"> | undefined): Tone {
  if (row === undefined || !Object.hasOwn(tones, row.state)) return "unknown";
  return inPhase(tones, row.state, row.phase) ?? "unknown";
}
