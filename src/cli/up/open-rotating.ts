// open-rotating.ts: a file that is written by adding to it, and rotated by size.

import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname } from "node:path";
import type { RotatingFileStream } from "rotating-file-stream";
import type { LogTarget } from "../config/log-targets.ts";

/** The library is loaded when there is something to write. */
export function openRotating({ file, maxSize, keep }: Omit<LogTarget, "isShared">): RotatingFileStream {
  const { createStream }: typeof import("rotating-file-stream") = createRequire(import.meta.url)(
    "rotating-file-stream",
  );
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return createStream(basename(file), {
    path: dirname(file),
    size: `${Math.max(1, Math.floor(maxSize))}B`,
    ...(keep > 0 && { rotate: keep }),
    mode: 0o600,
  });
}
