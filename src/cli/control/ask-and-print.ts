// ask-and-print.ts: asks the running tree, and prints what it answers.

import { once } from "node:events";
import { exitCodes } from "../cli-error.ts";
import { findConfig } from "../config/find.ts";
import { harmlessDocument } from "../print/harmless.ts";
import { createStyle } from "../print/style.ts";
import { ask } from "./client.ts";
import type { Request } from "./protocol.ts";

export interface AskOptions {
  config?: string;
  json?: boolean;
}

/** The style of what the verbs print. */
export const style = createStyle(process.stdout);

export interface Question<Document> extends Request {
  /** A document of the answer for a person; undefined for one that is printed elsewhere. */
  readonly format: (document: Document) => string | undefined;
  /** Called with each document, before it is printed. */
  readonly note?: (document: Document) => void;
  /** Waits until the process that answered has ended, too. */
  readonly untilGone?: boolean;
}

/** Prints each document of the answer, as text or as JSON, one a line. Returns the exit code. */
export async function askAndPrint<Document>(
  { format, note, untilGone = false, ...request }: Question<Document>,
  { config, json }: AskOptions,
): Promise<number> {
  const onData = (document: unknown) => {
    note?.(document as Document);
    return printDocument(document as Document, format, json);
  };
  const ok = await ask(findConfig(config), request, onData, { untilGone });
  return ok ? exitCodes.ok : exitCodes.failed;
}

/** Prints a document as text or as JSON. Resolves when the reader of the output has caught up, if it had fallen behind. */
export function printDocument<Document>(
  document: Document,
  format: (document: Document) => string | undefined,
  json = false,
): Promise<unknown> | undefined {
  const text = json ? JSON.stringify(document) : format(harmlessDocument(document, style.hasColors));
  if (text === undefined || process.stdout.write(`${text}\n`)) return undefined;
  return once(process.stdout, "drain");
}
