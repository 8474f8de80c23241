// error-groups.ts: the errors of a history, grouped by message and place, with counts: a crash loop is one line.

import type { Entry, ErrorInfo } from "../../shared/protocol.ts";
import { isReason } from "./error-text.ts";
import { isFailure } from "./facts.ts";

export interface ErrorGroup {
  readonly key: string;
  /** The newest error of the group. */
  error: ErrorInfo;
  count: number;
  readonly first: number;
  last: number;
  /** The number of the newest fact with it. */
  n: number;
  readonly paths: Set<string>;
}

/** How many groups are kept: the oldest is dropped for a new one. */
const mostGroups = 500;

export class ErrorGroups {
  readonly #groups = new Map<string, ErrorGroup>();

  add(entry: Entry): void {
    const error = "error" in entry ? entry.error : undefined;
    if (error === undefined || isReason(error)) return;
    if (!(isFailure(entry) || entry.kind === "service-health" || entry.kind === "late")) return;
    const key = keyOf(error);
    const group = this.#groups.get(key);
    // The newest stands last: the first of the map is the one to drop.
    if (group !== undefined) this.#groups.delete(key);
    const { at, n, path } = entry;
    const next: ErrorGroup = group ?? { key, error, count: 0, first: at, last: at, n, paths: new Set() };
    next.count++;
    next.error = error;
    next.last = at;
    next.n = n;
    next.paths.add(path);
    this.#groups.set(key, next);
    if (this.#groups.size > mostGroups) this.#groups.delete(this.#groups.keys().next().value!);
  }

  clear(): void {
    this.#groups.clear();
  }

  /** The most frequent first. */
  list(): ErrorGroup[] {
    return [...this.#groups.values()].sort((a, b) => b.count - a.count || b.last - a.last);
  }
}

/** Numbers in a message differ from time to time, and so do lines of a file from build to build. */
function keyOf({ name, message, code, stack }: ErrorInfo): string {
  const frame = stack?.split("\n").find((line) => line.trimStart().startsWith("at ")) ?? "";
  return `${name} ${code ?? ""} ${message.replaceAll(/\d+/g, "#")} ${frame.replaceAll(/\d+/g, "#")}`;
}
