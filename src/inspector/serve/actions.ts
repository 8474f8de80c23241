// Actions: what the page may do to the tree. A service is started, stopped or restarted, by its path; nothing else.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Supervisor } from "../../index.ts";
import { toErrorInfo } from "../record/errors.ts";
import { answer, readJson, refuse } from "./answer.ts";

type Verb = "startService" | "stopService" | "restartService";

const verbs: Readonly<Record<string, Verb>> = {
  "/api/start": "startService",
  "/api/stop": "stopService",
  "/api/restart": "restartService",
};

/** An answer does not wait longer than this, in milliseconds: the page sees what becomes of it anyway. */
const patienceMs = 5_000;

export function isAction(pathname: string): boolean {
  return Object.hasOwn(verbs, pathname);
}

/** Answers 200 when it is done, 202 when that takes long, 409 with the error when it failed. */
export async function act(supervisor: Supervisor, req: IncomingMessage, res: ServerResponse, pathname: string) {
  if (req.method !== "POST") return refuse(res, 405, "use POST");
  if (!/^application\/json\b/.test(req.headers["content-type"] ?? "")) {
    return refuse(res, 415, "the body must be application/json");
  }
  let path: unknown;
  try {
    path = (await readJson(req)).path;
  } catch (error) {
    return refuse(res, 400, `bad body: ${(error as Error).message}`);
  }
  if (typeof path !== "string") return refuse(res, 400, 'the body must be { "path": "…" }');
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
