// The ranges of numbers: a config file of data, its JSON Schema for editors, and the library accept the same.

import { describe, expect, it } from "vitest";
import { readData } from "../../src/cli/config/read-data.ts";
import { toJsonSchema } from "../../src/cli/config/schema.ts";
import { describeTree, type SupervisorSpec } from "../../src/index.ts";
import { defineProcess, type ProcessSpec, tcpProbe } from "../../src/node/index.ts";

interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Record<string, JsonSchema>;
  readonly $ref?: string;
  readonly $defs?: Record<string, JsonSchema>;
}

const root = toJsonSchema() as JsonSchema;

/** The schemas at a path of properties, whichever alternatives it leads through. */
function schemasAt(schema: JsonSchema, [key, ...rest]: readonly string[]): JsonSchema[] {
  if (schema.$ref !== undefined) {
    return schemasAt(root.$defs![schema.$ref.replace("#/$defs/", "")]!, [key!, ...rest].filter(Boolean));
  }
  if (key === undefined) return [schema];
  const inner = key === "[]" ? schema.items : schema.properties?.[key];
  return [
    ...(inner ? schemasAt(inner, rest) : []),
    ...(schema.anyOf ?? []).flatMap((one) => schemasAt(one, [key, ...rest])),
  ];
}

/** The part of JSON Schema that the ranges of numbers use. */
function accepts(schema: JsonSchema, value: unknown): boolean {
  if (schema.anyOf !== undefined) return schema.anyOf.some((one) => accepts(one, value));
  if (schema.const !== undefined) return value === schema.const;
  if (typeof value === "string") return schema.type === "string" && new RegExp(schema.pattern ?? "").test(value);
  if (typeof value !== "number") return false;
  if (schema.type !== "number" && !(schema.type === "integer" && Number.isInteger(value))) return false;
  const { minimum = -Infinity, exclusiveMinimum = -Infinity, maximum = Infinity } = schema;
  return value >= minimum && value > exclusiveMinimum && value <= maximum;
}

function works(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

const process = { name: "a", command: ["a"] as const };
const check = () => {};
const inProcess = (fields: object) => ({ name: "app", services: [{ ...process, ...fields }] });
const inTree = (fields: Partial<ProcessSpec>) =>
  describeTree({ name: "app", services: [defineProcess({ ...process, ...fields })] });

interface Field {
  readonly at: readonly string[];
  readonly config: (value: unknown) => object;
  /** What the library makes of a number; it throws for one that it refuses. */
  readonly library: (value: number) => unknown;
}

const serviceFields = ["startDelayMs", "startTimeoutMs", "stopTimeoutMs", "watchdogMs", "uid", "gid"].map(
  (key): Field => ({
    at: ["services", "[]", key],
    config: (value) => inProcess({ [key]: value }),
    library: (value) => inTree({ [key]: value }),
  }),
);
const restartFields = ["maxRetries", "initialBackoffMs", "maxBackoffMs", "multiplier", "jitter", "resetAfterMs"].map(
  (key): Field => ({
    at: ["services", "[]", "restart", key],
    config: (value) => inProcess({ restart: { [key]: value } }),
    library: (value) => inTree({ restart: { [key]: value } }),
  }),
);
const probeFields = ["intervalMs", "timeoutMs", "initialDelayMs", "failureThreshold", "successThreshold"].map(
  (key): Field => ({
    at: ["services", "[]", "readiness", key],
    config: (value) => inProcess({ readiness: { tcp: 1, [key]: value } }),
    library: (value) => inTree({ readiness: { check, [key]: value } }),
  }),
);
const fields: readonly Field[] = [
  ...serviceFields,
  ...restartFields,
  ...probeFields,
  {
    at: ["services", "[]", "successExitCodes", "[]"],
    config: (value) => inProcess({ successExitCodes: [value] }),
    library: (value) => inTree({ successExitCodes: [value] }),
  },
  {
    at: ["services", "[]", "readiness", "tcp"],
    config: (value) => inProcess({ readiness: { tcp: value } }),
    library: (value) => tcpProbe(value),
  },
  ...["maxRestarts", "withinMs"].map((key): Field => {
    const tree = (value: unknown) => ({
      name: "app",
      services: [],
      intensity: { maxRestarts: 1, withinMs: 1, [key]: value },
    });
    return { at: ["intensity", key], config: tree, library: (value) => describeTree(tree(value) as SupervisorSpec) };
  }),
];

const numbers = [-1, -0.5, 0, 0.5, 1, 1.5, 2, 255, 256, 65_535, 65_536, 1e300, Infinity, NaN];

describe("a number that the library takes is taken in a config file and by its JSON Schema, and no other", () => {
  it.each(fields.map((field) => [field.at.join("."), field] as const))("%s", (_, { at, config, library }) => {
    const schemas = schemasAt(root, at);
    const seen = numbers.map((value) => {
      // JSON has neither infinity, which a word stands for, nor NaN.
      const isJson = Number.isFinite(value);
      const given = value === Infinity ? "Infinity" : value;
      const text = isJson || value === Infinity ? JSON.stringify(config(given)) : yamlOf(config(value));
      const file = isJson || value === Infinity ? "a.json" : "a.yaml";
      return {
        value,
        library: works(() => library(value)),
        file: works(() => readData(file, text)),
        schema: Number.isNaN(value) ? false : schemas.some((schema) => accepts(schema, given)),
      };
    });
    expect(schemas.length).toBeGreaterThan(0);
    for (const one of seen) expect(one).toMatchObject({ file: one.library, schema: one.library });
  });
});

function yamlOf(value: object): string {
  return JSON.stringify(value, (_, member) => (Number.isNaN(member) ? "NAN" : member)).replace('"NAN"', ".nan");
}
