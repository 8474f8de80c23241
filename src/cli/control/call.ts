// call.ts: a call of a client of the control socket, and the way back to that client.

import { SupervisorError, toError } from "../../contract/errors.ts";
import { textOf } from "../../contract/wording.ts";
import { CliError } from "../cli-error.ts";
import type { Request } from "./protocol.ts";

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
