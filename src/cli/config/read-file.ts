// read-file.ts: the text of a config file, within limits of kind, size and encoding.

import { open } from "node:fs/promises";
import { TextDecoder } from "node:util";
import { refuseFile } from "./problems.ts";

/** The longest config of each kind of data, in bytes: reading it must not take long, whatever is in it. */
const limits: Record<string, number> = { ".json": 8_000_000, ".yaml": 500_000, ".yml": 500_000 };

/** @throws ConfigError for anything but a regular file of text that is not too long */
export async function readConfigFile(file: string, extension: string): Promise<string> {
  const limit = limits[extension] ?? 0;
  const bytes = await readStart(file, limit + 1).catch((error) =>
    refuseFile(file, `it cannot be read: ${error.message}`, { cause: error }),
  );
  if (bytes.length > limit) refuseFile(file, `it is too long: more than ${limit.toLocaleString("en")} bytes`);
  try {
    // The decoder takes a byte order mark away.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    return refuseFile(file, "it is not text in UTF-8", { cause: error });
  }
}

async function readStart(file: string, length: number): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const buffer = new Uint8Array(Math.min(size, length));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
