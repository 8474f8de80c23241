// ask.ts: asks another node, with a deadline, and tells apart that nothing was done from that nobody knows.

import type { Directory } from "../../machines/policies/directory.ts";
import { SupervisorError } from "../contract/errors.ts";
import type { Clock } from "../contract/spec.ts";
import type { Asked } from "./asked.ts";
import { attempt } from "./attempt.ts";
import { decodeAnswer, encodeQuestion, type Question, type Verb, verbs } from "./questions.ts";
import { addresses } from "./records.ts";
import type { StoreConnection } from "./store.ts";

/** How long a node may take to answer, in milliseconds. */
const answerTimeoutMs = 2_000;

export interface AskSource {
  readonly clock: Clock;
  connection(): StoreConnection;
  directory(): Directory;
}

/**
 * Asks a member. A change may take as long as it takes, as long as the member answers that it is under way.
 *
 * @throws SupervisorError ERR_NODE_UNREACHABLE: nothing was done; ERR_OUTCOME_UNKNOWN: it may have been; what it answers itself.
 */
export async function ask(source: AskSource, asked: Asked, verb: Verb, path: string, ticket = ""): Promise<unknown> {
  if (verbs[verb] === "look") {
    const answer = decodeAnswer(await once(source, asked, { verb, path, ticket }, "ERR_NODE_UNREACHABLE"), asked.node);
    return "data" in answer ? answer.data : null;
  }
  // Whoever does not answer this has done nothing either.
  await once(source, asked, { verb: "hello" }, "ERR_NODE_UNREACHABLE");
  let question: Partial<Question> & { readonly verb: Verb } = { verb, path };
  for (;;) {
    const answer = decodeAnswer(await once(source, asked, question, "ERR_OUTCOME_UNKNOWN"), asked.node);
    if ("data" in answer) return answer.data;
    question = { verb: "result", ticket: answer.ticket };
  }
}

async function once(
  { clock, connection }: AskSource,
  { node, session }: Asked,
  question: Partial<Question> & { readonly verb: Verb },
  code: "ERR_NODE_UNREACHABLE" | "ERR_OUTCOME_UNKNOWN",
): Promise<string> {
  const text = encodeQuestion(question);
  const outcome = await attempt(clock, answerTimeoutMs, () =>
    connection().ask(addresses.ask(session), text, answerTimeoutMs),
  );
  if (outcome.isKnown) return outcome.value;
  const late = `node ${node} does not answer: ${outcome.error.message}`;
  const message =
    code === "ERR_OUTCOME_UNKNOWN" ? `${late}; whether it has carried out what it was asked is not known` : late;
  throw new SupervisorError(code, message, { cause: outcome.error });
}
