// fields.ts: reads the fields of another tool's config, and knows in the end which of them nobody has read.

/** What could not be carried over: the place in the other file, and why, or what to do instead. */
export interface Left {
  readonly place: string;
  readonly text: string;
}

/** A config of ours, as data, and what is missing in it. */
export interface Imported {
  readonly config: Record<string, unknown>;
  readonly left: readonly Left[];
}

/** One object of the other config. */
export class Fields {
  readonly place: string;
  readonly left: Left[];
  readonly #value: Record<string, unknown>;
  readonly #unread: Set<string>;

  constructor(value: unknown, place: string, left: Left[]) {
    this.#value = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
    this.place = place;
    this.left = left;
    this.#unread = new Set(Object.keys(this.#value).filter((key) => this.#value[key] !== undefined));
  }

  /** The value of the first of these keys that is there. */
  take(...keys: readonly string[]): unknown {
    for (const key of keys) this.#unread.delete(key);
    return keys.map((key) => this.#value[key]).find((value) => value !== undefined && value !== null);
  }

  text(...keys: readonly string[]): string | undefined {
    const value = this.take(...keys);
    return value === undefined ? undefined : String(value);
  }

  number(...keys: readonly string[]): number | undefined {
    const value = this.take(...keys);
    const number = value === undefined ? Number.NaN : Number(value);
    if (value !== undefined && Number.isNaN(number)) this.leave(keys[0]!, `is no number: ${JSON.stringify(value)}`);
    return Number.isNaN(number) ? undefined : number;
  }

  inner(key: string): Fields {
    return new Fields(this.take(key), this.placeOf(key), this.left);
  }

  /** The keys that nobody has read yet. */
  keys(): string[] {
    return [...this.#unread];
  }

  has(key: string): boolean {
    return this.#value[key] !== undefined && this.#value[key] !== null;
  }

  placeOf(key: string): string {
    return this.place === "" ? key : `${this.place}.${key}`;
  }

  /** Notes that a field is not carried over. */
  leave(key: string, text: string): void {
    this.take(key);
    this.left.push({ place: this.placeOf(key), text });
  }

  /** The same for a field that may be there. */
  leaveIf(key: string, text: string): void {
    if (this.has(key)) this.leave(key, text);
  }

  /** Takes fields that mean nothing here. */
  ignore(...keys: readonly string[]): void {
    this.take(...keys);
  }

  /** Notes all that nobody has read, but for what the other tool leaves to its users (`x-…`). */
  close(text = "is not known here"): void {
    for (const key of this.#unread) {
      if (!key.startsWith("x-")) this.left.push({ place: this.placeOf(key), text });
    }
    this.#unread.clear();
  }
}

/** Without the members that are undefined. */
export function given(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** A name that a service may have, and no other has yet. */
export function toName(text: string, taken: Set<string>): string {
  const base = text.replace(/[^A-Za-z0-9_.-]+/g, "-").slice(0, 120) || "service";
  let name = base;
  for (let i = 2; taken.has(name); i++) name = `${base}-${i}`;
  taken.add(name);
  return name;
}

/** The words of a command line without a shell: blanks part them, quotes and backslashes hold them together. */
export function toWords(line: string): string[] {
  const part = /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)|([^\s"'\\]+)/gs;
  return [...line.matchAll(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/gs)].map(([word]) =>
    word.replace(part, (_, double?: string, single?: string, escaped?: string, bare?: string) =>
      double === undefined ? (single ?? escaped ?? bare ?? "") : double.replace(/\\(["\\$`])/g, "$1"),
    ),
  );
}

/** "30s", "1m30s", "500ms", or a number of seconds, in milliseconds; undefined for what is none of these. */
export function toMs(given: unknown): number | undefined {
  if (typeof given === "number") return given * 1_000;
  const units: Record<string, number> = { us: 0.001, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
  const parts = [...String(given ?? "").matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)];
  if (parts.length === 0) return undefined;
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * units[unit!]!, 0);
}

/** "512m", "1G", "300MB" as we write it. */
export function toSize(given: unknown): string | undefined {
  const [, number, unit = "b"] = /^(\d+(?:\.\d+)?)\s*([kmg]?)i?b?$/i.exec(String(given)) ?? [];
  return number === undefined ? undefined : `${number}${{ k: "KB", m: "MB", g: "GB" }[unit.toLowerCase()] ?? "B"}`;
}

/** An environment as a mapping. A name without a value takes that of the shell; a list has "NAME=value" each. */
export function toEnvironment(value: unknown): Record<string, unknown> | undefined {
  if (value === undefined) return undefined;
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.map((entry) => {
        const [name, ...rest] = String(entry).split("=");
        return [name!, rest.length === 0 ? null : rest.join("=")];
      })
    : Object.entries(value as object);
  return Object.fromEntries(entries.map(([name, text]) => [name, text ?? `\${${name}:-}`]));
}

/**
 * The strings of a value with the variables of compose files as ours: $NAME, ${NAME}, ${NAME-text}, ${NAME:?text}. One that
 * has no counterpart is noted, and stands for its text.
 */
export function asVariables(value: unknown, place: string, left: Left[]): unknown {
  if (typeof value === "string") return value.replace(variable, (found, ...groups) => toVariable(found, groups));
  if (typeof value !== "object" || value === null) return value;
  const at = (key: string | number) =>
    typeof key === "number" ? `${place}[${key}]` : place === "" ? key : `${place}.${key}`;
  if (Array.isArray(value)) return value.map((member, index) => asVariables(member, at(index), left));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asVariables(member, at(key), left)]));

  function toVariable(found: string, [bare, name, kind, text]: string[]): string {
    if (bare !== undefined) return `\${${bare}}`;
    if (name === undefined) return found === "$$" ? found : "$${";
    if (kind === undefined || kind.endsWith("?")) return `\${${name}}`;
    if (kind.endsWith("-") && !text!.includes("$")) return `\${${name}:-${text}}`;
    left.push({
      place,
      text: `${found}: only \${NAME} and \${NAME:-text} are offered; write its value`,
    });
    return found.replaceAll("${", () => "$${");
  }
}

const variable = /\$\$|\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)(?:(:?[-?+])((?:\$\{[^}]*\}|[^}])*))?\}|\$\{/g;

/** The strings of a value so that they hold no variable of ours: a tool that has none may have written ${…} in them. */
export function asLiterals(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/\$\$|\$\{/g, (found) => `$${found === "$$" ? "$$$" : "${"}`);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(asLiterals);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asLiterals(member)]));
}
