// tones.ts: how each state is shown: a tone, whose colour (style/tones.css; Okabe and Ito) is distinct with any colour
// vision, and a letter for people who do not look at colours.

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
  stopped: { letter: "O", label: "stopped", meaning: "off" },
  completed: { letter: "C", label: "completed", meaning: "has done its work" },
  failed: { letter: "F", label: "failed", meaning: "for good, until it is started by hand" },
  unknown: { letter: "?", label: "unknown", meaning: "not known at this moment" },
};

export function toneOf(row: Pick<Row, "state" | "phase" | "exit"> | undefined): Tone {
  if (row === undefined) return "unknown";
  const { state, phase, exit } = row;
  if (state === "running") return phase === "unhealthy" ? "unhealthy" : "running";
  if (state === "starting") return phase === "waiting" ? "waiting" : "starting";
  if (state === "stopped") return exit === "completed" ? "completed" : "stopped";
  return state;
}
