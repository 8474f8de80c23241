// actions.ts: what the page may do to the tree: start, stop or restart a service, or send its own actor an event.

import type { IncomingMessage, ServerResponse } from "node:http";
import { textOf } from "../../contract/wording.ts";
import type { Supervisor } from "../../index.ts";
import { toErrorInfo } from "../record/errors.ts";
import { answer, readJson, refuse } from "./answer.ts";

type Verb = "startService" | "stopService" | "restartService";

const verbs: Readonly<Record<string, Verb>> = {
  "/api/start": "startService",
  "/api/stop": "stopService",
  "/api/restart": "restartService",
};

const sendPath = "/api/send";

/** How long an answer waits for the action, in milliseconds; the page sees what becomes of it anyway. */
const patienceMs = 5_000;

export function isAction(pathname: string): boolean {
  return Object.hasOwn(verbs, pathname) || pathname === sendPath;
}

/** Answers 200 when it is done, 202 when that takes long, 409 with the error when it failed. */
export async function act(supervisor: Supervisor, req: IncomingMessage, res: ServerResponse, pathname: string) {
  if (req.method !== "POST") return refuse(res, 405, "use POST");
  if (!/^application\/json\b/.test(req.headers["content-type"] ?? "")) {
    return refuse(res, 415, "the body must be application/json");
  }
  let path: unknown;
  let event: unknown;
  try {
    ({ path, event } = await readJson(req));
  } catch (error) {
    return refuse(res, 400, `bad body: ${textOf(error)}`);
  }
  if (typeof path !== "string") return refuse(res, 400, 'the body must be { "path": "…" }');
  if (pathname === sendPath) return send(supervisor, res, path, event);
  const timer = setTimeout(() => answer(res, 202, { pending: true }), patienceMs).unref();
  try {
    await supervisor[verbs[pathname]!](path);
    answer(res, 200, { done: true });
  } catch (error) {
    const { message, code } = toErrorInfo(error);
    refuse(res, 409, message, code);
  } finally {
    clearTimeout(timer);
  }
}

/** Events of XState itself and of the charts of the tree are refused: the machine would take them for the real ones. */
const reserved = /^(xstate\.|@)/;

/** Sends an event to the actor that a service runs; not to the charts of the tree. */
function send(supervisor: Supervisor, res: ServerResponse, path: string, event: unknown): void {
  const { type } = (event ?? {}) as { type?: unknown };
  if (typeof type !== "string" || type === "" || reserved.test(type)) {
    return refuse(
      res,
      400,
      'the body must be { "path": "…", "event": { "type": "…" } }, and not an event of XState itself',
    );
  }
  try {
    const { actor } = supervisor.actorsOf(path);
    if (actor === null) return refuse(res, 409, `${path} runs no actor of its own now`);
    actor.send(event as { type: string });
    answer(res, 200, { done: true });
  } catch (error) {
    const { message, code } = toErrorInfo(error);
    refuse(res, 409, message, code);
  }
}
