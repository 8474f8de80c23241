// Checks a config file of data against the schema, and says what is wrong in the words of this project.

import type { z } from "zod";
import { describe, didYouMean } from "../../contract/wording.ts";
import { ConfigError, formatPlace, type Place, type Problem } from "./problems.ts";
import { type Config, configSchema } from "./schema.ts";
import type { Source } from "./source.ts";

type Issue = z.core.$ZodIssue;

/** @throws ConfigError with every problem of the file */
export function validateConfig(file: string, source: Source): Config {
  const result = configSchema.safeParse(withoutExtensions(withNamedInfinity(source.value)), { reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => toProblems(issue, [], source));
  throw new ConfigError(file, inOrder(withoutEchoes(problems)));
}

/** A key that is missing beside one that is misspelt is the same problem told twice. */
function withoutEchoes(problems: readonly Problem[]): Problem[] {
  const misspelt = new Set(problems.filter(({ message }) => message.startsWith("unknown key; did")).map(parentOf));
  return problems.filter((problem) => !(problem.message.startsWith("is missing") && misspelt.has(parentOf(problem))));
}

function parentOf({ place }: Problem): string {
  return formatPlace(place.slice(0, -1));
}

function inOrder(problems: Problem[]): Problem[] {
  return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

/** Keys of the file that begin with "x-" are the user's: as in a compose file, a home for anchors. */
function withoutExtensions(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith("x-")));
}

/** YAML has a number for infinity (`.inf`), JSON has not: the schema knows the word. */
function withNamedInfinity(value: unknown): unknown {
  if (value === Number.POSITIVE_INFINITY) return "Infinity";
  if (Array.isArray(value)) return value.map(withNamedInfinity);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withNamedInfinity(member)]));
}

function toProblems(issue: Issue, base: Place, source: Source): Problem[] {
  const place = [...base, ...(issue.path as (string | number)[])];
  const given = valueAt(source.value, place);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => {
        const known = knownKeys(place, given);
        const hint = didYouMean(key, known) || `; known are ${known.join(", ")}`;
        return { place: [...place, key], message: `unknown key${hint}`, ...source.locate([...place, key], true) };
      });
    case "invalid_union":
      return problemsOfUnion(issue, place, given, source);
    case "invalid_value": {
      const values = issue.values.map((value) => JSON.stringify(value));
      const hint = typeof given === "string" ? didYouMean(given, issue.values.map(String)) : "";
      return [at(place, source, given, `must be ${oneOf(values)}`, hint)];
    }
    case "invalid_type":
      return [at(place, source, given, `must be ${nameOfType(issue.expected)}`)];
    case "too_small":
      return [at(place, source, given, tooSmall(issue))];
    case "too_big":
      return [at(place, source, given, `must be at most ${issue.maximum}`)];
    case "invalid_format":
      return [at(place, source, given, issue.message)];
    default:
      return [at(place, source, given, issue.message)];
  }
}

/** Of the alternatives, the one that was meant: whose shape the value has, or which it misses by least. */
function problemsOfUnion(
  issue: Extract<Issue, { code: "invalid_union" }>,
  place: Place,
  given: unknown,
  source: Source,
): Problem[] {
  const alternatives = issue.errors.filter((issues) => !issues.some(isOtherShape));
  if (alternatives.length === 0) {
    const forms = issue.errors.flatMap((issues) => issues.filter(isOtherShape).map(nameOfForm));
    return [at(place, source, given, `must be ${oneOf([...new Set(forms)])}`)];
  }
  const [meant] = alternatives.sort((a, b) => missesBy(a) - missesBy(b));
  return meant!.flatMap((inner) => toProblems(inner, place, source));
}

/** The value is of another kind than this alternative wants, or lacks the key that tells it. */
function isOtherShape(issue: Issue): boolean {
  return (
    issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value") // a word, a number
  );
}

function missesBy(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => sum + costOf(issue), 0);
}

/** A key that is missing, or not known, says that another alternative was meant; a wrong value deep inside does not. */
function costOf(issue: Issue): number {
  if (issue.code === "unrecognized_keys") return 10 * issue.keys.length;
  return issue.path.length === 1 && issue.code === "invalid_type" && issue.input === undefined ? 15 : 1;
}

function at(place: Place, source: Source, given: unknown, expected: string, hint = ""): Problem {
  if (given === undefined && place.length > 0) {
    const parent = place.slice(0, -1);
    return { place, message: `is missing; it ${expected}`, ...source.locate(parent) };
  }
  return { place, message: `${expected}; got ${describe(given)}${hint}`, ...source.locate(place) };
}

function tooSmall(issue: Extract<Issue, { code: "too_small" }>): string {
  if (issue.origin === "array" || issue.origin === "string") return "must not be empty";
  return issue.inclusive ? `must be at least ${issue.minimum}` : `must be more than ${issue.minimum}`;
}

function nameOfForm(issue: Issue): string {
  if (issue.code === "invalid_value") return issue.values.map((value) => JSON.stringify(value)).join(", ");
  return issue.code === "invalid_type" ? nameOfType(issue.expected) : issue.message;
}

const typeNames: Record<string, string> = {
  string: "a string",
  number: "a number",
  int: "an integer",
  boolean: "true or false",
  object: "a mapping",
  array: "a list",
  record: "a mapping",
  null: "null",
};

function nameOfType(expected: string): string {
  return typeNames[expected] ?? expected;
}

function oneOf(forms: readonly string[]): string {
  return forms.length < 2 ? (forms[0] ?? "") : `${forms.slice(0, -1).join(", ")} or ${forms.at(-1)}`;
}

function valueAt(value: unknown, place: Place): unknown {
  return place.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key], value);
}

type Shaped = { _zod: { def: { shape?: Record<string, z.core.$ZodType> } } };

/** The keys that the schema knows at a place: found by what fits there, since alternatives share the place. */
function knownKeys(place: Place, given: unknown): string[] {
  const schemas = schemasAt(configSchema, place);
  const shapes = schemas.flatMap((schema) => {
    const { shape } = (schema as unknown as Shaped)._zod.def;
    return shape ? [Object.keys(shape)] : [];
  });
  const keys = typeof given === "object" && given !== null ? Object.keys(given) : [];
  const overlap = (shape: string[]) => keys.filter((key) => shape.includes(key)).length;
  return shapes.sort((a, b) => overlap(b) - overlap(a))[0] ?? [];
}

interface Definition {
  readonly type: string;
  readonly shape?: Record<string, z.core.$ZodType>;
  readonly element?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly innerType?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly getter?: () => z.core.$ZodType;
}

function schemasAt(schema: z.core.$ZodType, place: Place): z.core.$ZodType[] {
  const definition = schema._zod.def as unknown as Definition;
  if (definition.innerType) return schemasAt(definition.innerType, place);
  if (definition.getter) return schemasAt(definition.getter(), place);
  if (definition.options) return definition.options.flatMap((option) => schemasAt(option, place));
  const [key, ...rest] = place;
  if (key === undefined) return [schema];
  const inner = typeof key === "number" ? definition.element : (definition.shape?.[key] ?? definition.valueType);
  return inner ? schemasAt(inner, rest) : [];
}
