// client.ts: asks the running tree of a project over its control socket.

import { connect } from "node:net";
import { CliError, exitCodes } from "../cli-error.ts";
import { type Answer, type Request, readLines } from "./protocol.ts";
import { socketPath } from "./socket-path.ts";

/**
 * Sends a request; `onData` gets each part of the answer. Returns whether all went well.
 *
 * `untilGone` waits until the process that answered has closed the connection, too.
 *
 * @throws CliError 3 when nothing is running, 1 when the tree refuses, 2 for an unknown service
 */
export function ask(
  configFile: string,
  request: Request,
  onData: (data: unknown) => void,
  { untilGone = false } = {},
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath(configFile));
    let outcome: Answer | undefined;
    socket.once("connect", () => socket.write(`${JSON.stringify(request)}\n`));
    socket.once("error", (error: NodeJS.ErrnoException) => reject(toConnectError(configFile, error)));
    readLines(
      socket,
      (value) => {
        const answer = value as Answer;
        if (answer.type === "data") onData(answer.data);
        else if (answer.type === "notice") process.stderr.write(`${answer.text}\n`);
        else outcome = answer;
        if (outcome !== undefined && !(untilGone && outcome.type === "end")) socket.end();
      },
      (why) => reject(new CliError(exitCodes.failed, `the answer could not be read: ${why}`)),
    );
    socket.once("close", () => {
      if (outcome?.type === "end") resolve(outcome.ok);
      else if (outcome?.type === "error") reject(toError(outcome));
      else reject(new CliError(exitCodes.failed, "the tree went away before it had answered"));
    });
  });
}

function toConnectError(configFile: string, error: NodeJS.ErrnoException): CliError {
  if (error.code === "ENOENT" || error.code === "ECONNREFUSED") {
    return new CliError(exitCodes.notRunning, `nothing is running for ${configFile}; \`statevisor up\` starts it`);
  }
  return new CliError(exitCodes.failed, `the running tree of ${configFile} cannot be reached: ${error.message}`, {
    cause: error,
  });
}

function toError({ message, code }: Extract<Answer, { type: "error" }>): CliError {
  return new CliError(code === "ERR_UNKNOWN_SERVICE" ? exitCodes.usage : exitCodes.failed, message);
}
