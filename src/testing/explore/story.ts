// story.ts: tells a life of a tree for a person: the faults, what the tree made of each, and what was wrong in the end.

import type { Update } from "../../index.ts";
import { faultTable, type PlannedFault } from "./faults.ts";
import type { Happening } from "./trial.ts";

/** One line for each thing that happened, with the time on the clock. */
export function toStory(happenings: readonly Happening[], wrong: string): string {
  const lines = happenings.flatMap((happening) => {
    const text = toLine(happening);
    return text === null ? [] : [{ at: Math.round(happening.at), text }];
  });
  const width = Math.max(...lines.map(({ at }) => String(at).length), 1);
  const told = lines.map(({ at, text }, index) => {
    const isNew = index === 0 || lines[index - 1]!.at !== at;
    return `  ${isNew ? `${String(at).padStart(width)} ms` : " ".repeat(width + 3)}  ${text}`;
  });
  return [...told, `  wrong: ${wrong}`].join("\n");
}

function toLine(happening: Happening): string | null {
  if ("text" in happening) return happening.text;
  if ("fault" in happening) return `FAULT ${tellFault(happening.fault)}${happening.hits ? "" : ", and is not up"}`;
  return tellUpdate(happening.update);
}

function tellFault({ path, fault, lastsMs }: PlannedFault): string {
  const lasts = lastsMs === undefined ? "" : ` for ${lastsMs} ms`;
  return `${path} ${faultTable[fault].tells}${lasts}`;
}

function tellUpdate(update: Update): string | null {
  const { path } = update;
  switch (update.type) {
    case "status": {
      const { from, to, phase, exit, delayMs } = update;
      // A start that had to wait is told when it begins.
      const isBegun = to === "starting" && phase === "launching";
      if (!isBegun && (from === to || phase === "waiting")) return null;
      const why = exit?.kind === "failed" ? `: ${exit.error.message}` : exit?.kind === "unstopped" ? ": unstopped" : "";
      const next = delayMs === undefined ? "" : `, again in ${Math.round(delayMs)} ms`;
      return `${path} is ${to}${why}${next}`;
    }
    case "service-health":
      return `${path} is ${update.healthy ? "healthy" : `unhealthy${update.error ? `: ${update.error.message}` : ""}`}`;
    case "escalation":
      return `${path} gives up: ${update.error.message}`;
    case "unstopped":
      return `${path} still runs after its stop deadline, and is left behind`;
    case "late":
      return `${path}: the incarnation that was left behind has ended`;
    case "role":
      return `${path} is ${update.to}${update.node === null ? "" : ` on ${update.node}`} (${update.because})`;
    default:
      return null;
  }
}

/** The plan as code to be pasted into a test. */
export function toScript(plan: readonly PlannedFault[], seed: number): string {
  const faults = plan.map((fault) => `    ${toLiteral(fault)},`);
  return [
    "const report = await exploreTree(make, {",
    "  ...options, // make and options are those of the exploration",
    `  seed: ${seed},`,
    faults.length === 0 ? "  plan: []," : ["  plan: [", ...faults, "  ],"].join("\n"),
    "});",
    "if (!report.ok) throw new Error(report.story);",
  ].join("\n");
}

function toLiteral(fault: PlannedFault): string {
  const members = Object.entries(fault).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `{ ${members.join(", ")} }`;
}
