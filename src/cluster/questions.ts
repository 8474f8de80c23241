// questions.ts: what one node asks another, and what it answers, as they are sent. Whoever reaches the engine can send
// anything, so both are checked.

import { SupervisorError, type SupervisorErrorCode } from "../contract/errors.ts";
import { textOf } from "../contract/wording.ts";
import { decode, encode, wireVersion } from "./records.ts";

/** The verbs, and what each does: looks at the tree, or changes it. */
export const verbs = {
  /** Nothing: whether anybody answers. */
  hello: "look",
  status: "look",
  explain: "look",
  /** What has changed in the tree since the last answer to the reader that `path` names. */
  updates: "look",
  start: "change",
  stop: "change",
  restart: "change",
  /** What has become of a change that took longer. */
  result: "look",
} as const satisfies Record<string, "look" | "change">;

export type Verb = keyof typeof verbs;

export interface Question {
  readonly verb: Verb;
  /** A path, or the name of a role, or of a shard: `"inbox/17"`. */
  readonly path: string;
  /** result: of which change. updates: the number of the last answer that has arrived. */
  readonly ticket: string;
}

export type Answer =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly code: string; readonly message: string }
  /** It takes longer: ask for its result. */
  | { readonly ok: null; readonly ticket: string };

export function encodeQuestion(question: Partial<Question> & { readonly verb: Verb }): string {
  return encode({ v: wireVersion, ...question });
}

/** A question, or why it is none. */
export function decodeQuestion(text: string): Question | string {
  const { v, verb, path = "", ticket = "" } = (decode(text) ?? {}) as Partial<Record<string, unknown>>;
  if (v !== wireVersion) return `the question has version ${String(v)}; this node reads ${wireVersion}`;
  if (typeof verb !== "string" || !Object.hasOwn(verbs, verb)) return `there is no verb "${String(verb)}"`;
  if (typeof path !== "string" || typeof ticket !== "string") return "path and ticket must be strings";
  return { verb: verb as Verb, path, ticket };
}

export function encodeAnswer(answer: Answer): string {
  return encode(answer);
}

/** What was answered; throws what the other node says has gone wrong. */
export function decodeAnswer(text: string, node: string): { readonly data: unknown } | { readonly ticket: string } {
  const answer = decode(text) as Answer | null;
  if (answer?.ok === true) return { data: answer.data };
  if (answer?.ok === null) return { ticket: answer.ticket };
  const message = answer === null ? "its answer cannot be read" : answer.message;
  const code = (answer?.code ?? "ERR_NODE_UNREACHABLE") as SupervisorErrorCode;
  throw new SupervisorError(code, `node ${node}: ${message}`);
}

export function toFailure(error: unknown): Answer {
  const code = textOf(error, "code");
  return { ok: false, code: code.startsWith("ERR_") ? code : "ERR_INTERNAL", message: textOf(error) };
}
