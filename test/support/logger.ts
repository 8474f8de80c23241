// logger.ts: a logger that keeps what it is given, shared by the tests of what is logged.

import type { Logger } from "../../src/index.ts";

interface LogEntry {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly data: object;
  readonly message: string;
}

/** `entries` are in the order in which they were logged; a child's are among them, without its bindings. */
export function createKeepingLogger(): { readonly logger: Logger; readonly entries: readonly LogEntry[] } {
  const entries: LogEntry[] = [];
  const at = (level: LogEntry["level"]) => (data: object, message: string) =>
    void entries.push({ level, data, message });
  const logger: Logger = {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: () => logger,
  };
  return { logger, entries };
}
