// wording.ts: puts values, errors and names into words for messages. Nothing here throws, with any argument.

/** A member of an error as text. An error is the user's object, so reading it may throw; textOf does not. */
export function textOf(error: unknown, member: "message" | "name" | "stack" | "code" = "message"): string {
  try {
    const value = (error as Partial<Record<string, unknown>> | null | undefined)?.[member];
    return value === undefined ? "" : String(value);
  } catch {
    return `unreadable ${member}`;
  }
}

/** The cause of an error; undefined if it has none, or it cannot be read. */
export function causeOf(error: unknown): unknown {
  try {
    return (error as Partial<Error>).cause;
  } catch {
    return undefined;
  }
}

/** A value and its type in a few words, for messages. Never throws. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return `${JSON.stringify(shorten(value))} (string)`;
  if (typeof value === "symbol") return `${String(value)} (symbol)`;
  if (typeof value !== "object" && typeof value !== "function") return `${String(value)} (${typeof value})`;
  try {
    if (typeof value === "function") return `a function${value.name ? ` "${value.name}"` : ""}`;
    if (Array.isArray(value)) return `an array of ${value.length}`;
    const name = value.constructor?.name;
    return name && name !== "Object"
      ? `a ${name}`
      : `an object with ${shorten(Object.keys(value).join(", ") || "no keys")}`;
  } catch {
    return typeof value === "function" ? "a function" : "an object";
  }
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/**
 * What a terminal shows of a line in which `\r` goes back to the beginning, as progress bars do: its last state that is not
 * blank.
 */
export function lastState(line: string): string {
  if (!line.includes("\r")) return line;
  return line.split("\r").findLast((state) => /\S/.test(withoutSequences(state))) ?? "";
}

function withoutSequences(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: sequences begin with one
  return text.replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, "");
}

/** Values in quotes, for a message: `"always", "on-failure", "never"`; with a last word, `"on-failure" or "never"`. */
export function listInWords(values: readonly string[], last = ","): string {
  const quoted = values.map((value) => `"${value}"`);
  const end = quoted.splice(-1);
  return quoted.length === 0 ? end.join() : `${quoted.join(", ")}${last === "," ? "" : " "}${last} ${end.join()}`;
}

/** The candidate nearest to a name that fits nothing, as a question; empty when none is near. */
export function didYouMean(given: string, candidates: Iterable<string>): string {
  let best = "";
  let bestDistance = Math.max(2, Math.floor(given.length / 2)) + 1;
  for (const candidate of candidates) {
    const [short, long] = [given.toLowerCase(), candidate.toLowerCase()];
    const isBeginning = short.length >= 3 && long.startsWith(short);
    const distance = isBeginning ? 1 : editDistance(short, long, bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best === "" ? "" : `; did you mean "${best}"?`;
}

/** Levenshtein distance, given up at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(replace, row[j]! + 1, next[j - 1]! + 1);
    }
    if (Math.min(...next) >= limit) return limit;
    row = next;
  }
  return row[b.length]!;
}
