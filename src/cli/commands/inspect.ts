// inspect.ts: `inspect` serves the page of the inspector for a recording, until Ctrl-C.

import { readFile } from "node:fs/promises";
import { textOf } from "../../contract/wording.ts";
import { serveRecording } from "../../inspector/index.ts";
import { CliError, exitCodes } from "../cli-error.ts";

export async function inspect(file: string, { port }: { port?: number }): Promise<number> {
  const text = await readFile(file, "utf8").catch((error) => {
    throw new CliError(exitCodes.usage, `the recording cannot be read: ${error.message}`, { cause: error });
  });
  try {
    JSON.parse(text);
  } catch (error) {
    throw new CliError(exitCodes.usage, `${file} is not a recording: ${textOf(error)}`, { cause: error });
  }
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
