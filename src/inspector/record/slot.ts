// slot.ts: one place of the ring, with fields for a status and for a message, which are written over again and again.
//
// An object for each fact would live for ten thousand facts: long enough for V8's collector to copy it, and then it would
// be dropped. Measured with `npm run bench` (a storm of restarts with the inspector, against one without): 1.55 times the
// cost with an object for each fact, 1.36 with slots; the bench allows 1.5.

import type { Update } from "../../index.ts";
import type { Entry, ErrorInfo } from "../shared/protocol.ts";
import type { Part } from "./cast.ts";

type Status = Extract<Entry, { kind: "status" }>;
type Message = Extract<Entry, { kind: "message" }>;

/** What a status update does not say. */
export interface Counts {
  readonly restarts: number;
  readonly failures: number;
}

/** Has the fields of the entry that it holds, and what is left of entries before it. */
export class Slot {
  n = 0;
  at = 0;
  path = "";
  kind: "status" | "message" = "status";
  from = "";

  // The fields of a status.
  to: Status["to"] = "stopped";
  phase: Status["phase"] = null;
  incarnation = 0;
  restarts = 0;
  failures = 0;
  delayMs: number | undefined = undefined;
  exit: Status["exit"] = undefined;
  cause: string | undefined = undefined;
  error: ErrorInfo | undefined = undefined;

  // The fields of a message.
  role: Message["role"] = "service";
  type = "";
  detail = "";
  id: string | undefined = undefined;

  /** An entry of any other kind; null when the entry is in the fields above. */
  other: Entry | null = null;

  holdStatus(update: Extract<Update, { type: "status" }>, counts: Counts, error: ErrorInfo | undefined): void {
    const { at, path, from, to, phase, incarnation, delayMs, exit } = update;
    this.kind = "status";
    this.other = null;
    this.at = at;
    this.path = path;
    this.from = from;
    this.to = to;
    this.phase = phase;
    this.incarnation = incarnation;
    this.restarts = counts.restarts;
    this.failures = counts.failures;
    this.delayMs = delayMs;
    this.exit = exit?.kind;
    this.cause = exit?.kind === "failed" ? exit.cause : undefined;
    this.error = error;
  }

  holdMessage({ path, role, id }: Part, from: string, type: string, detail: string, at: number): void {
    this.kind = "message";
    this.other = null;
    this.at = at;
    this.path = path;
    this.from = from;
    this.role = role;
    this.type = type;
    this.detail = detail;
    this.id = id;
    this.error = undefined;
  }

  hold(entry: Entry): void {
    this.other = entry;
    this.error = undefined;
  }

  /** What it holds, as the page is sent it. */
  toEntry(): Entry {
    if (this.other !== null) return this.other;
    return this.kind === "message" ? this.#toMessage() : this.#toStatus();
  }

  #toMessage(): Message {
    const { n, at, path, role, from, type, detail, id } = this;
    const kind = "message";
    return { n, at, path, kind, role, from, type, ...(detail !== "" && { detail }), ...(id !== undefined && { id }) };
  }

  #toStatus(): Status & Entry {
    const { n, at, path, to, phase, incarnation, restarts, failures, delayMs, exit, cause, error } = this;
    const from = this.from as Status["from"];
    const kind = "status";
    return {
      ...{ n, at, path, kind, from, to, phase, incarnation, restarts, failures },
      ...(delayMs !== undefined && { delayMs }),
      ...(exit !== undefined && { exit }),
      ...(cause !== undefined && { cause }),
      ...(error !== undefined && { error }),
    };
  }
}
