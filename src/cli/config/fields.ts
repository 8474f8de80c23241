// fields.ts: what the schema of config files is made of: numbers of a range, objects without other keys, descriptions.

import * as z from "zod";
import { isInRange, type NumberRange, ranges } from "../../contract/ranges.ts";
import { sizePattern, sizeWords, toBytes } from "../../contract/size.ts";
import { didYouMean } from "../../contract/wording.ts";

/** A number of a range. JSON has no infinity: where the range has one, the word "Infinity" stands for it, too. */
export function numberIn(range: NumberRange) {
  const isNamed = (value: unknown) => range.mayBeInfinite === true && value === "Infinity";
  return z
    .custom<number>((value) => isInRange(range, value) || isNamed(value), `must be ${range.words}`)
    .meta(toJsonRange(range));
}

export function toJsonRange({ least, isAbove, most, isInteger, mayBeInfinite }: NumberRange) {
  const numbers = {
    type: isInteger ? "integer" : "number",
    [isAbove ? "exclusiveMinimum" : "minimum"]: least,
    ...(most !== undefined && { maximum: most }),
  };
  return mayBeInfinite ? { anyOf: [numbers, { const: "Infinity" }] } : numbers;
}

/**
 * An object without other keys than those of its shape; the message has one line for each other key. `alternatives`: keys
 * of which an object has exactly one.
 */
export function objectOf<Shape extends z.core.$ZodLooseShape>(shape: Shape, alternatives: readonly string[] = []) {
  const known = [...new Set([...Object.keys(shape), ...alternatives])];
  const explain = (key: string) =>
    alternatives.includes(key)
      ? `there must be only one of ${alternatives.join(", ")}`
      : `unknown key${didYouMean(key, known) || `; known are ${known.join(", ")}`}`;
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? issue.keys.map(explain).join("\n") : undefined),
  });
}

export const described = <Schema extends z.ZodType>(schema: Schema, description: string) =>
  schema.optional().meta({ ...schema.meta(), description });
export const wait = (range: "duration" | "patience" | "positive", text: string) =>
  described(numberIn(ranges[range]), `${text} In milliseconds.`);

/** A number of bytes, or a size such as "300MB". */
export const size = z
  .custom<number | string>((given) => toBytes(given) !== undefined, `must be ${sizeWords}`)
  .meta({
    description: 'In bytes, or with a unit: "300MB".',
    anyOf: [
      { type: "number", exclusiveMinimum: 0 },
      { type: "string", pattern: sizePattern.source },
    ],
  });
