// options.ts: the options of a recording: what they mean, their defaults and their checks.

import { check, checkKeys, invalid } from "../../contract/check.ts";
import type { Supervisor } from "../../index.ts";
import { type Included, includable, type RecorderOptions } from "./recorder.ts";

/** What is recorded, and how much of it. */
export interface RecordingOptions {
  /**
   * How many facts are kept: 100 to 1_000_000. A fact weighs some 250 bytes, one with an error as much as its stack.
   *
   * @default 10_000
   */
  historySize?: number | undefined;
  /**
   * Whether the events that the actors of the tree are sent are recorded too. Without it the sequence shows changes of
   * state only, the charts of supervisors and of your own actors what they were in when the inspector began, and a fact
   * costs the tree about half.
   *
   * @default true
   */
  messages?: boolean | undefined;
  /**
   * What may hold secrets and is left out otherwise: the contexts, inputs and events of your own actors, and the output:
   * what services log by `ctx.log`, what their processes write, and the ids of these processes.
   *
   * @default []
   */
  include?: readonly Included[] | undefined;
}

export interface RecordOptions extends RecordingOptions {
  /** Called once when the file cannot be written on, which ends the recording. */
  onError?: ((error: Error) => void) | undefined;
}

export const recordingKeys = ["historySize", "messages", "include"] as const;

/** `keys`: the options that are allowed. */
export function planRecorder(
  where: string,
  supervisor: Supervisor,
  options: RecordingOptions,
  keys: readonly string[],
): RecorderOptions {
  check.object(where, "supervisor", supervisor);
  if (typeof supervisor.actorsOf !== "function") {
    throw invalid(where, "supervisor", "what createSupervisor returned", supervisor);
  }
  check.object(where, "options", options);
  checkKeys(where, options, keys);
  const { historySize = 10_000, include = [] } = options;
  if (!Number.isInteger(historySize) || historySize < 100 || historySize > 1_000_000) {
    throw invalid(where, "historySize", "an integer from 100 to 1000000", historySize);
  }
  if (!Array.isArray(include)) throw invalid(where, "include", "an array", include);
  return {
    historySize,
    messages: check.boolean(where, "messages", options.messages, true),
    include: new Set(
      include.map((one) => check.oneOf(where, "include[]", one, includable, "context")),
    ) satisfies ReadonlySet<Included>,
  };
}
