// states.ts: how a state is shown: a sign that is enough without colour, a colour, and a word.

import type { ServiceStatus } from "../../contract/status.ts";
import type { Style } from "./style.ts";

interface Look {
  readonly sign: string;
  readonly colour: Parameters<Style>[0];
  readonly word: string;
}

type Shown = Pick<ServiceStatus, "state" | "phase" | "exit">;

export function lookOf({ state, phase, exit }: Shown): Look {
  switch (state) {
    case "running":
      return phase === "unhealthy"
        ? { sign: "◍", colour: "yellow", word: "unhealthy" }
        : { sign: "●", colour: "green", word: "running" };
    case "starting":
      return phase === "launching"
        ? { sign: "◌", colour: "cyan", word: "launching" }
        : { sign: "○", colour: "gray", word: phase ?? "starting" };
    case "backoff":
      return { sign: "↻", colour: "yellow", word: "backoff" };
    case "stopping":
      return { sign: "◒", colour: "cyan", word: "stopping" };
    case "failed":
      return { sign: "✖", colour: ["red", "bold"], word: exit === "unstopped" ? "unstopped" : "failed" };
    case "stopped":
      return exit === "completed"
        ? { sign: "✔", colour: "green", word: "completed" }
        : { sign: "□", colour: "gray", word: "stopped" };
  }
}

export function formatState(status: Shown, style: Style): string {
  const { sign, colour, word } = lookOf(status);
  return style(colour, `${sign} ${word}`);
}
