// client.ts: asks the running tree of a project over its control socket.

import { connect, type Socket } from "node:net";
import { CliError, exitCodes } from "../cli-error.ts";
import { harmless } from "../print/harmless.ts";
import { readOwner } from "./project-lock.ts";
import { type Answer, type Request, readLines } from "./protocol.ts";
import { findPlace, type Place } from "./runtime-folder.ts";

/** How long the tree may take to accept a request, in milliseconds. */
const patienceMs = 5_000;

export interface AskUntil {
  /** Wait until the process that answered has closed the connection, too. */
  readonly untilGone?: boolean;
  /** Leave out the notices of the tree. */
  readonly isQuiet?: boolean;
  /** Ends the request when it aborts; the promise resolves to false. */
  readonly signal?: AbortSignal;
}

/**
 * Sends a request; `onData` gets each part of the answer, and no more is read while a promise that it returns is pending:
 * the tree then knows that this client is slow. Returns whether all went well.
 *
 * @throws CliError 3 when nothing is running, 1 when the tree refuses or does not answer, 2 for an unknown service
 */
export function ask(
  configFile: string,
  request: Request,
  onData: (data: unknown) => Promise<unknown> | undefined,
  { untilGone = false, isQuiet = false, signal }: AskUntil = {},
): Promise<boolean> {
  const place = findPlace(configFile);
  if (place === null) return Promise.reject(notRunning(configFile));
  return new Promise((resolve, reject) => {
    const socket = connect(place.socket);
    let outcome: Answer | undefined;
    const silence = setTimeout(() => {
      reject(noAnswer(configFile, place));
      socket.destroy();
    }, patienceMs);
    socket.once("connect", () => socket.write(`${JSON.stringify(request)}\n`));
    socket.once("error", (error: NodeJS.ErrnoException) => reject(toConnectError(configFile, error)));
    readLines(
      socket,
      (value) => {
        clearTimeout(silence);
        const answer = value as Answer;
        if (answer.type === "data") pauseFor(socket, onData(answer.data));
        else if (answer.type === "notice") {
          if (!isQuiet) process.stderr.write(`${harmless(String(answer.text), false)}\n`);
        } else if (answer.type !== "accepted") outcome = answer;
        if (outcome !== undefined && !(untilGone && outcome.type === "end")) socket.destroy();
      },
      (why) => reject(new CliError(exitCodes.failed, `the answer could not be read: ${why}`)),
    );
    signal?.addEventListener("abort", () => socket.destroy(), { once: true });
    socket.once("close", () => {
      clearTimeout(silence);
      if (signal?.aborted) resolve(false);
      else if (outcome?.type === "end") resolve(outcome.ok);
      else if (outcome?.type === "error") reject(toError(outcome));
      else reject(new CliError(exitCodes.failed, "the tree went away before it had answered"));
    });
  });
}

function pauseFor(socket: Socket, isBusy: Promise<unknown> | undefined): void {
  if (isBusy === undefined || socket.isPaused()) return;
  socket.pause();
  isBusy.then(
    () => socket.resume(),
    () => socket.destroy(),
  );
}

function notRunning(configFile: string): CliError {
  return new CliError(exitCodes.notRunning, `nothing is running for ${configFile}; \`statevisor up\` starts it`);
}

function noAnswer(configFile: string, place: Place): CliError {
  const owner = readOwner(place);
  const who = owner === null ? "the process that runs it" : `process ${owner.pid}, which runs it,`;
  const why = `${who} has not answered within ${patienceMs / 1_000} s: it may be paused, or busy`;
  return new CliError(exitCodes.failed, `the running tree of ${configFile} cannot be asked: ${why}`);
}

function toConnectError(configFile: string, error: NodeJS.ErrnoException): CliError {
  if (error.code === "ENOENT" || error.code === "ECONNREFUSED") return notRunning(configFile);
  const message = `the running tree of ${configFile} cannot be reached: ${error.message}`;
  return new CliError(exitCodes.failed, message, { cause: error });
}

function toError({ message, code, exitCode = exitCodes.failed }: Extract<Answer, { type: "error" }>): CliError {
  const text = harmless(String(message), false);
  return new CliError(code === "ERR_UNKNOWN_SERVICE" ? exitCodes.usage : exitCode, text);
}
