// diff.ts: the differences of two JSON values, by the path of each member that differs. Pure.

export interface Difference {
  /** "items[2].price"; "" for the whole. */
  readonly path: string;
  /** As JSON; null: it was not there. */
  readonly before: string | null;
  readonly after: string | null;
}

/** How many differences are listed. */
const mostListed = 100;

export function diff(before: unknown, after: unknown): readonly Difference[] {
  const found: Difference[] = [];
  const visit = (a: unknown, b: unknown, path: string): void => {
    if (found.length >= mostListed || Object.is(a, b)) return;
    if (isObject(a) && isObject(b) && Array.isArray(a) === Array.isArray(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
        const name = Array.isArray(a) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
        visit(a[key], b[key], name);
      }
      return;
    }
    const [left, right] = [toText(a), toText(b)];
    if (left !== right) found.push({ path, before: left, after: right });
  };
  visit(before, after, "");
  return found;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function toText(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

/** A context as it was recorded: JSON, which may have been cut. */
export function parseContext(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
