// `inspect`: the inspector's page on a recording, until Ctrl-C.

import { readFile } from "node:fs/promises";
import { serveRecording } from "../../inspector/index.ts";
import { CliError, exitCodes } from "../cli-error.ts";

export async function inspect(file: string, { port }: { port?: number }): Promise<number> {
  const text = await readFile(file, "utf8").catch((error) => {
    throw new CliError(exitCodes.usage, `the recording cannot be read: ${error.message}`, { cause: error });
  });
  const recording = toRecording(file, text);
  const page = await serveRecording(recording, port === undefined ? {} : { port });
  process.stdout.write(`${page.url}\n`);
  process.stderr.write("Ctrl-C ends it\n");
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => resolve());
  });
  await page.close();
  return exitCodes.ok;
}

function toRecording(file: string, text: string): never {
  try {
    return JSON.parse(text) as never;
  } catch (error) {
    throw new CliError(exitCodes.usage, `${file} is no recording: ${(error as Error).message}`, { cause: error });
  }
}
