// validate.ts: checks the shape of a config file of data, and says what is wrong in the words of this project.

import type * as z from "zod";
import { describe, didYouMean } from "../../contract/wording.ts";
import { ConfigError, formatPlace, type Place, type Problem } from "./problems.ts";
import { type Config, configSchema } from "./schema.ts";
import type { Source } from "./source.ts";

type Issue = z.core.$ZodIssue;

/** @throws ConfigError with every problem of the file */
export function validateConfig(file: string, source: Source): Config {
  const result = configSchema.safeParse(withoutExtensions(source.value), { reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => toProblems(issue, [], source));
  throw new ConfigError(file, inOrder(withoutEchoes(problems)));
}

/** A missing key beside a misspelt one is the same mistake reported twice. */
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

function toProblems(issue: Issue, base: Place, source: Source): Problem[] {
  const place = [...base, ...(issue.path as (string | number)[])];
  const given = valueAt(source.value, place);
  switch (issue.code) {
    case "unrecognized_keys": {
      const messages = issue.message.split("\n");
      return issue.keys.map((key, i) => {
        const at = [...place, key];
        return { place: at, message: messages[i]!, ...source.locate(at, true) };
      });
    }
    case "invalid_union":
      return problemsOfUnion(issue, place, given, source);
    case "invalid_value": {
      const values = issue.values.map((value) => JSON.stringify(value));
      const hint = typeof given === "string" ? didYouMean(given, issue.values.map(String)) : "";
      return [toProblem(place, source, given, `must be ${oneOf(values)}`, hint)];
    }
    case "invalid_type":
      return [toProblem(place, source, given, `must be ${nameOfType(issue.expected)}`)];
    default:
      return [toProblem(place, source, given, issue.message)];
  }
}

/** The problems of the alternative that was meant: the one with the shape of the value, or which it misses by least. */
function problemsOfUnion(
  issue: Extract<Issue, { code: "invalid_union" }>,
  place: Place,
  given: unknown,
  source: Source,
): Problem[] {
  const alternatives = issue.errors.filter((issues) => !issues.some(isOtherShape));
  if (alternatives.length === 0) {
    const forms = issue.errors.flatMap((issues) => issues.filter(isOtherShape).map(nameOfForm));
    return [toProblem(place, source, given, `must be ${oneOf([...new Set(forms)])}`)];
  }
  const [meant] = alternatives.sort((a, b) => distanceOf(a) - distanceOf(b));
  return meant!.flatMap((inner) => toProblems(inner, place, source));
}

/** The alternative is a word, a number or an object, and the value is something else. */
function isOtherShape({ path, code }: Issue): boolean {
  return path.length === 0 && (code === "invalid_type" || code === "invalid_value");
}

function distanceOf(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => sum + costOf(issue), 0);
}

/** A key that is missing or unknown says that another alternative was meant; a wrong value deep inside does not. */
function costOf(issue: Issue): number {
  if (issue.code === "unrecognized_keys") return 10 * issue.keys.length;
  return issue.path.length === 1 && issue.code === "invalid_type" && issue.input === undefined ? 15 : 1;
}

function toProblem(place: Place, source: Source, given: unknown, expected: string, hint = ""): Problem {
  if (given === undefined && place.length > 0) {
    return { place, message: `is missing; it ${expected}`, ...source.locate(place.slice(0, -1)) };
  }
  return { place, message: `${expected}; got ${describe(given)}${hint}`, ...source.locate(place) };
}

function nameOfForm(issue: Issue): string {
  if (issue.code === "invalid_value") return issue.values.map((value) => JSON.stringify(value)).join(", ");
  return issue.code === "invalid_type" ? nameOfType(issue.expected) : issue.message;
}

const typeNames: Record<string, string> = {
  string: "a string",
  number: "a number",
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
