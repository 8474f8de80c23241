// A strict parser of the text formats of Prometheus (0.0.4) and OpenMetrics (1.0.0): it throws at the first line that a
// scraper could refuse, and at what the formats forbid across lines.

interface ParsedFamily {
  readonly type: string;
  readonly help: string;
  readonly unit: string | null;
  /** By what stands before the value: `name{label="value"}`. */
  readonly samples: ReadonlyMap<string, number>;
}

export type Families = ReadonlyMap<string, ParsedFamily>;

const metricName = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const labelPair = String.raw`([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"`;
const number = String.raw`[+-]?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|Inf)|NaN`;
const sampleLine = new RegExp(`^(${metricName})(?:\\{((?:${labelPair})(?:,${labelPair})*)?\\})? (${number})$`);
const types = {
  prometheus: ["counter", "gauge", "histogram", "summary", "untyped"],
  openmetrics: ["counter", "gauge", "histogram", "summary", "unknown", "stateset", "info", "gaugehistogram"],
};
const suffixes: Record<string, string[]> = {
  counter: ["_total", "_created"],
  histogram: ["_bucket", "_sum", "_count", "_created"],
  summary: ["", "_sum", "_count", "_created"],
  info: ["_info"],
};

interface OpenFamily {
  name: string;
  type: string | null;
  help: string | null;
  unit: string | null;
  samples: Map<string, number>;
}

export function parseStrictly(text: string, format: "prometheus" | "openmetrics"): Families {
  const families = new Map<string, OpenFamily>();
  const isOpen = format === "openmetrics";
  let current = null as OpenFamily | null;
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const lines = text.slice(0, -1).split("\n");
  if (isOpen && lines.pop() !== "# EOF") throw new Error("there is no # EOF at the end");
  for (const [i, line] of lines.entries()) {
    const refuse = (why: string): never => {
      throw new Error(`line ${i + 1}: ${why}: ${line}`);
    };
    if (line === "") {
      if (isOpen) refuse("an empty line");
      continue;
    }
    const meta = new RegExp(`^# (HELP|TYPE|UNIT) (${metricName}) ?(.*)$`).exec(line);
    if (meta) {
      const [, keyword, name, value] = meta as unknown as [string, "HELP" | "TYPE" | "UNIT", string, string];
      if (current?.name !== name) {
        if (families.has(name)) refuse("the lines of a family are not together");
        current = { name, type: null, help: null, unit: null, samples: new Map() };
        families.set(name, current);
      }
      if (current!.samples.size > 0) refuse("metadata after a sample");
      const key = keyword.toLowerCase() as "help" | "type" | "unit";
      if (current![key] !== null) refuse(`a second ${keyword}`);
      if (keyword === "TYPE" && !types[format].includes(value)) refuse("an unknown type");
      if (keyword === "UNIT" && (!isOpen || !name.endsWith(`_${value}`))) refuse("a unit that the name does not have");
      if (/\\(?![\\n"])/.test(value)) refuse("a wrong escape");
      if (isOpen && keyword === "TYPE" && value === "counter" && name.endsWith("_total")) refuse("a counter's suffix");
      current![key] = value;
      continue;
    }
    if (line.startsWith("#")) {
      if (isOpen) refuse("a comment");
      continue;
    }
    const sample = sampleLine.exec(line) ?? refuse("no sample");
    const [, name, labels = ""] = sample as RegExpExecArray;
    if (current === null || !belongsTo(name!, current, isOpen)) {
      if (families.has(name!)) refuse("the lines of a family are not together");
      refuse("a sample without a type");
    }
    const names = [...labels.matchAll(new RegExp(labelPair, "g"))].map((pair) => pair[1]!);
    if (new Set(names).size !== names.length) refuse("a label twice");
    const key = line.slice(0, line.lastIndexOf(" "));
    if (current!.samples.has(key)) refuse("a sample twice");
    const value = Number(line.slice(key.length + 1).replace("Inf", "Infinity"));
    if (current!.type === "counter" && !(value >= 0)) refuse("a counter that is negative");
    current!.samples.set(key, value);
  }
  for (const { name, type, help } of families.values()) {
    if (type === null || help === null) throw new Error(`${name} has no type or no help`);
  }
  return families as unknown as Families;
}

function belongsTo(sample: string, { name, type }: OpenFamily, isOpen: boolean): boolean {
  // Prometheus names a counter as its samples are named.
  const allowed = type === "counter" && !isOpen ? [""] : (suffixes[type ?? ""] ?? [""]);
  if (type === "histogram" && !isOpen) return ["_bucket", "_sum", "_count"].some((end) => sample === name + end);
  return allowed.some((suffix) => sample === name + suffix);
}
