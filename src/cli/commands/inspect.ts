// inspect.ts: `inspect` serves the page of the inspector for a recording, until Ctrl-C.

import { readFile, writeFile } from "node:fs/promises";
import { textOf } from "../../contract/wording.ts";
import { serveRecording, toStaticPage } from "../../inspector/index.ts";
import { CliError, exitCodes } from "../cli-error.ts";

export interface InspectOptions {
  port?: number;
  /** Write one HTML file instead of serving a page. */
  html?: string;
}

export async function inspect(file: string, { port, html }: InspectOptions): Promise<number> {
  const text = await readFile(file, "utf8").catch((error) => {
    throw new CliError(exitCodes.usage, `the recording cannot be read: ${error.message}`, { cause: error });
  });
  if (html !== undefined) return writePage(file, text, html);
  const page = await serveRecording(text, port === undefined ? {} : { port }).catch((error) => {
    throw new CliError(exitCodes.usage, `${file}: ${error.message}`, { cause: error });
  });
  process.stdout.write(`${page.url}\n`);
  process.stderr.write("Ctrl-C stops it\n");
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => resolve());
  });
  await page.close();
  return exitCodes.ok;
}

async function writePage(file: string, text: string, html: string): Promise<number> {
  try {
    await writeFile(html, toStaticPage(text));
  } catch (error) {
    throw new CliError(exitCodes.usage, `${file}: ${textOf(error)}`, { cause: error });
  }
  process.stderr.write(`${html} shows the recording, from disk and from any static host\n`);
  return exitCodes.ok;
}
