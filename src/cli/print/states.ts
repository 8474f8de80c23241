// states.ts: how each state and phase is shown: a sign that is enough without colour, a colour, and a word.

import { type ByPhase, inPhase, standingOf } from "../../contract/states.ts";
import type { ServiceStatus } from "../../contract/status.ts";
import type { Style } from "./style.ts";

interface Look {
  readonly sign: string;
  readonly colour: Parameters<Style>[0];
  readonly word: string;
}

type Shown = Pick<ServiceStatus, "state" | "phase" | "exit">;

const off: Look = { sign: "□", colour: "gray", word: "stopped" };
const failed: Look = { sign: "✖", colour: ["red", "bold"], word: "failed" };

const looks: ByPhase<Look> = {
  stopped: {
    idle: off,
    byHand: off,
    completed: { sign: "✔", colour: "green", word: "completed" },
    dismissed: { ...off, word: "dismissed" },
    grouped: { ...off, word: "regrouping" },
    scheduled: { sign: "◷", colour: "green", word: "scheduled" },
  },
  starting: {
    waiting: { sign: "○", colour: "gray", word: "waiting" },
    delaying: { sign: "○", colour: "gray", word: "delaying" },
    launching: { sign: "◌", colour: "cyan", word: "launching" },
  },
  running: {
    healthy: { sign: "●", colour: "green", word: "running" },
    unhealthy: { sign: "◍", colour: "yellow", word: "unhealthy" },
  },
  stopping: { none: { sign: "◒", colour: "cyan", word: "stopping" } },
  backoff: {
    counting: { sign: "↻", colour: "yellow", word: "backoff" },
    held: { sign: "↻", colour: "yellow", word: "backoff" },
  },
  failed: { none: failed, grouped: { ...failed, word: "regrouping" }, scheduled: failed },
};

/** A failed service may still run: its exit says so. */
export function lookOf({ state, phase, exit }: Shown): Look {
  const look = inPhase(looks, state, phase);
  return state === "failed" && exit === "unstopped" ? { ...look, word: "unstopped" } : look;
}

export function formatState(status: Shown, style: Style): string {
  const { sign, colour, word } = lookOf(status);
  return style(colour, `${sign} ${word}`);
}

/** It is as it should be: it runs and is healthy, has completed, or waits for its next run. */
export function isFine({ state, phase }: Pick<ServiceStatus, "state" | "phase">): boolean {
  return standingOf(state, phase).isUp;
}
