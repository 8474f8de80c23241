// harmless.ts: makes a line of output harmless for a terminal: it may have colours, but cannot move the cursor, clear the
// screen, ring or set a title.

const sequences = new RegExp(
  [
    "\\u001b\\[[0-?]*[ -/]*[@-~]", // CSI: cursor, screen, colours
    "\\u001b[\\]PX^_][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\|$)", // OSC and others that hold a string
    "\\u001b.?", // all other escapes
    "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]", // control characters but the tab and the end of a line
  ].join("|"),
  "g",
);
const colour = /^.\[[0-9;:]*m$/;

/** `withColours`: keeps colours, and ends them at the end of the line. */
export function harmless(text: string, withColours: boolean): string {
  let isColoured = false;
  const kept = text.replace(sequences, (found) => {
    if (!withColours || !found.startsWith("\u001b[") || !colour.test(found)) return "";
    isColoured = true;
    return found;
  });
  return isColoured ? `${kept}\u001b[0m` : kept;
}

/** A document of another process, with every text in it made harmless. */
export function harmlessDocument<T>(document: T, withColours: boolean): T {
  const clean = (value: unknown): unknown => {
    if (typeof value === "string") return harmless(value, withColours);
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [harmless(key, false), clean(member)]));
  };
  return clean(document) as T;
}
