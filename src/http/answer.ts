// Answer: what an endpoint answers, whichever kind of server sends it.

export interface Answer {
  readonly status: 200 | 404 | 405 | 500 | 503;
  readonly type: string;
  /** A promise where a registry of the user makes part of it. */
  readonly body: string | Promise<string>;
}

export const text = (status: Answer["status"], body: string): Answer => ({
  status,
  type: "text/plain; charset=utf-8",
  body: body.endsWith("\n") ? body : `${body}\n`,
});

/** The beginning of a message, which may be megabytes long. */
export function cut(message: string): string {
  return message.length > 2_000 ? `${message.slice(0, 2_000)} …` : message;
}
