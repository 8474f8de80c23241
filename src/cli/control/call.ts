// call.ts: what a verb of the control socket is called with: the running tree, and a call of a client.

import { SupervisorError, toError } from "../../contract/errors.ts";
import { textOf } from "../../contract/wording.ts";
import type { Redefinition, Supervisor } from "../../index.ts";
import { CliError } from "../cli-error.ts";
import type { LogTargetOf } from "../config/log-targets.ts";
import type { Journal } from "../journal.ts";
import type { Notices } from "../up/notices.ts";
import type { ReadFiles } from "./config-age.ts";
import type { Request } from "./protocol.ts";

/** Reads the config again. Rejects, with nothing changed, when it cannot be applied. */
export type Reload = () => Promise<Reloaded>;

/** A config that was read again. */
export interface Reloaded {
  /** What it would change. */
  readonly difference: Redefinition;
  /** Applies it; as with `redefine` it rejects when not all of it is up. */
  apply(): Promise<unknown>;
}

/** The tree that `up` runs. */
export interface Running {
  /** The config file, and the files that it was read from last. */
  readonly config: { readonly file: string; read: ReadFiles; logTargetOf: LogTargetOf };
  readonly supervisor: Supervisor;
  readonly reload: Reload;
  readonly journal: Journal;
  readonly notices: Notices;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** The version of every document that the command prints as JSON. It grows with a change that breaks readers. */
export const schemaVersion = 1;

/** What a client asks for, with its defaults, and the way back to it. */
export interface Call extends Client {
  readonly services: readonly string[];
  readonly follow: boolean;
  readonly lines: number;
  /** wait: how long, in milliseconds. */
  readonly timeoutMs: number;
  /** logs: lines from then on, in milliseconds since 1970. */
  readonly since: number;
  readonly dryRun: boolean;
  readonly rolling: boolean;
}

/** Who has asked: a connection, or the live view of this process. */
export interface Client {
  /** Aborts when the client has gone, or the tree is going. */
  readonly signal: AbortSignal;
  /** Sends a part of the answer; false: the client is slow, wait before sending more. */
  send(data: unknown): boolean;
  /** Sends a message for the user who waits. */
  notice(text: string): void;
  /** Calls `listener` whenever a client that was slow has caught up. */
  onDrain(listener: () => void): void;
}

export function toCall(request: Request, client: Client): Call {
  return {
    services: request.services ?? [],
    follow: request.follow ?? false,
    lines: request.lines ?? 100,
    since: request.since ?? 0,
    timeoutMs: request.timeoutMs ?? Number.POSITIVE_INFINITY,
    dryRun: request.dryRun ?? false,
    rolling: request.rolling ?? false,
    ...client,
  };
}

export interface Failure {
  readonly message: string;
  readonly code?: string;
  /** The exit code for the client. */
  readonly exitCode?: number;
}

export function toFailure(thrown: unknown): Failure {
  const error = toError(thrown);
  return {
    message: textOf(error),
    ...(error instanceof SupervisorError && { code: error.code }),
    ...(error instanceof CliError && { exitCode: error.exitCode }),
  };
}
