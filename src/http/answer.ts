// What an endpoint answers, before it is put into the words of a server.

export interface Answer {
  readonly status: 200 | 404 | 405 | 500 | 501 | 503;
  readonly type: string;
  /** A promise where the text is made by somebody else. */
  readonly body: string | Promise<string>;
}

export const text = (status: Answer["status"], body: string): Answer => ({
  status,
  type: "text/plain; charset=utf-8",
  body: body.endsWith("\n") ? body : `${body}\n`,
});

/** Of a message as much as anybody reads. */
export function cut(message: string): string {
  return message.length > 2_000 ? `${message.slice(0, 2_000)} …` : message;
}
