// serve-recording.ts: serves the page of the inspector for a recording that was exported from it.

import { invalid } from "../../contract/check.ts";
import { textOf } from "../../contract/wording.ts";
import { findMistake } from "../shared/find-mistake.ts";
import { parseRecording } from "../shared/parse-recording.ts";
import type { Recording, Session } from "../shared/protocol.ts";
import { safeHeaders } from "./access.ts";
import { answer } from "./answer.ts";
import { type Api, listen } from "./listen.ts";
import { planRecording, type Served, type ServeOptions } from "./options.ts";

/**
 * Serves the inspector's page for a recording that was exported from it: its text, or the parsed object; or the
 * text of a file that `recordToFile` wrote. Nothing runs,
 * so nothing can be changed. It keeps the process alive until it is closed.
 *
 * @throws SupervisorError ERR_INVALID_SPEC if it is not a recording, or for a bad option; Error EADDRINUSE, EACCES, … if
 * it cannot listen.
 */
export async function serveRecording(recording: string | object, options: ServeOptions = {}): Promise<Served> {
  const given = toRecording("serveRecording", recording);
  const session: Session = { mode: "recording", name: given.name, readOnly: true };
  const api: Api = (req, res, { pathname }) => {
    if (req.method !== "GET") return false;
    if (pathname === "/api/session") answer(res, 200, session);
    else if (pathname === "/api/recording") answer(res, 200, given);
    // The page asks for the stream before it knows that there is none.
    else if (pathname === "/events") res.writeHead(204, safeHeaders).end();
    else return false;
    return true;
  };
  return listen(api, { ...planRecording(options), holds: true });
}

/** Checks a recording. `where`: the function that it was given to, for the message. */
export function toRecording(where: string, given: string | object): Recording {
  const expected = "a recording that was exported from the inspector, of version 1";
  let data: unknown = given;
  try {
    if (typeof given === "string") data = parseRecording(given);
  } catch (error) {
    throw invalid(where, "recording", `${expected}, in JSON (${textOf(error)})`, given);
  }
  const mistake = findMistake(data);
  if (mistake !== null) throw invalid(where, "recording", `${expected} (${mistake})`, data);
  return data as Recording;
}
