// answer.ts: sends JSON with the headers of every answer, and reads the JSON of a request.

import type { IncomingMessage, ServerResponse } from "node:http";
import { safeHeaders } from "./access.ts";

export function answer(res: ServerResponse, status: number, data: unknown): void {
  if (res.headersSent || res.destroyed) return;
  const body = JSON.stringify(data);
  res.writeHead(status, {
    ...safeHeaders,
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
  });
  res.end(body);
}

/** Every refusal has this shape. */
export function refuse(res: ServerResponse, status: number, message: string, code?: string): void {
  answer(res, status, { error: { message, ...(code !== undefined && { code }) } });
}

const longestBody = 10_000;

/** @throws Error if the body is not a JSON object, or too long. */
export async function readJson(req: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  req.setEncoding("utf8");
  for await (const chunk of req) {
    text += chunk;
    if (text.length > longestBody) throw new Error(`the body is longer than ${longestBody} characters`);
  }
  const data: unknown = JSON.parse(text);
  if (typeof data !== "object" || data === null) throw new Error("the body must be a JSON object");
  return data as Record<string, unknown>;
}
