// nats-messages.ts: questions and answers between nodes, as NATS requests.

import type { NatsConnection } from "@nats-io/transport-node";
import { toError } from "../../contract/errors.ts";

/** The first character of an answer says whether it is one, or the message of an error. */
const good = "+";
const bad = "-";

export async function askQuestion(
  nc: NatsConnection,
  subject: string,
  data: string,
  timeoutMs: number,
): Promise<string> {
  const message = await nc.request(subject, data, { timeout: timeoutMs });
  const text = message.string();
  if (text.startsWith(good)) return text.slice(1);
  throw new Error(text.slice(1));
}

/** Returns the remover. */
export function answerQuestions(
  nc: NatsConnection,
  subject: string,
  handler: (data: string) => Promise<string>,
): () => void {
  const subscription = nc.subscribe(subject, {
    callback: (error, message) => {
      if (error !== null && error !== undefined) return;
      handler(message.string()).then(
        (answer) => message.respond(`${good}${answer}`),
        (failure) => message.respond(`${bad}${toError(failure).message}`),
      );
    },
  });
  return () => subscription.unsubscribe();
}
