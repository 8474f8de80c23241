// change.ts: starts, stops or restarts a service for a key, and says what came of it.

import { toError } from "../../contract/errors.ts";
import { textOf } from "../../contract/wording.ts";
import type { Ask } from "../control/ask.ts";
import { withoutRoot } from "../print/format.ts";
import { harmless } from "../print/harmless.ts";

const words = {
  start: ["starting", "started"],
  stop: ["stopping", "stopped"],
  restart: ["restarting", "restarted"],
} as const;

/** Gives a message at once, and another at the end. */
export async function* change(ask: Ask, verb: keyof typeof words, path: string): AsyncGenerator<string> {
  const name = withoutRoot(path);
  const [doing, done] = words[verb];
  yield `${doing} ${name} …`;
  let failure: string | undefined;
  const note = (document: unknown) => {
    const { ok, error } = document as { ok: boolean; error?: { message: string } };
    if (!ok) failure = error?.message ?? "";
  };
  try {
    await ask({ verb, services: [name] }, note);
  } catch (error) {
    failure = textOf(toError(error));
  }
  yield failure === undefined ? `✔ ${name} ${done}` : `✖ ${name} not ${done}: ${harmless(failure, false)}`;
}
