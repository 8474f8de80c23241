// source.ts: a config file of data: its text as a value, and the line and column of each place of the value.

import { createRequire } from "node:module";
import { extname } from "node:path";
import type { Document, Pair, ParsedNode, YAMLMap } from "yaml";
import { textOf } from "../../contract/wording.ts";
import { ConfigError, type Place, type Problem, refuseFile } from "./problems.ts";

export interface Source {
  readonly value: unknown;
  /** Where the value at a place begins, or where its key stands (`ofKey`); undefined for a place that is not there. */
  locate(place: Place, ofKey?: boolean): Position | undefined;
}

interface Position {
  readonly line: number;
  readonly column: number;
}

/** Supervisors in supervisors take three levels each. */
const maxDepth = 100;

/** The text of a JSON file that is longer is not parsed again for the sake of the lines. */
const longestLocated = 500_000;

/** @throws ConfigError for what cannot be read, with its line */
export function parseSource(file: string, text: string): Source {
  const source = extname(file) === ".json" ? parseJson(file, text) : parseYaml(file, text);
  refuseDepth(file, source);
  return source;
}

/** The parser of YAML reads JSON too, and knows lines; it is loaded only when there is a problem to report. */
function parseJson(file: string, text: string): Source {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(file, [toSyntaxProblem(text, textOf(error))]);
  }
  let located: Source | undefined;
  return {
    value,
    locate(place, ofKey) {
      if (text.length > longestLocated) return undefined;
      located ??= parseYaml(file, text);
      return located.locate(place, ofKey);
    },
  };
}

function loadYaml(): typeof import("yaml") {
  return createRequire(import.meta.url)("yaml");
}

function parseYaml(file: string, text: string): Source {
  const { LineCounter, parseDocument } = loadYaml();
  const lines = new LineCounter();
  // The parser's own check of unique keys takes quadratic time.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, merge: true });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (document.errors.some(({ message }) => isStackOverflow(message))) refuseFile(file, tooDeep);
  const mistakes = document.errors.length > 0 ? document.errors.map(toMistake) : findMistakes(document);
  if (mistakes.length > 0) {
    throw new ConfigError(
      file,
      mistakes.map(({ message, offset }) => ({ place: [], message, ...at(offset) })),
    );
  }
  return {
    value: toValue(file, document),
    locate(place, ofKey = false) {
      const node = ofKey ? keyAt(document, place) : (document.getIn(place, true) as ParsedNode | undefined);
      return node?.range ? at(node.range[0]) : undefined;
    },
  };
}

interface Mistake {
  readonly message: string;
  readonly offset: number;
}

function toMistake({ code, message, pos }: Document["errors"][number]): Mistake {
  const isSecond = code === "MULTIPLE_DOCS";
  return {
    message: isSecond ? 'there must be one document in the file; a second begins here ("---")' : message,
    offset: pos[0],
  };
}

/** Keys that are written twice, and aliases of anchors that are not there. */
function findMistakes(document: Document): Mistake[] {
  const { isMap, visit } = loadYaml();
  const mistakes: Mistake[] = [];
  const anchors = new Set<string>();
  const add = (node: unknown, message: string) =>
    mistakes.push({ message, offset: (node as ParsedNode | null)?.range?.[0] ?? 0 });
  visit(document, {
    Node(_, node) {
      if ("anchor" in node && node.anchor !== undefined) anchors.add(node.anchor);
      if (isMap(node)) for (const key of repeatedKeys(node)) add(key, `the key "${key.value}" is written twice`);
    },
    Alias(_, alias) {
      if (!anchors.has(alias.source)) add(alias, `there is no anchor &${alias.source} before this alias`);
    },
  });
  return mistakes;
}

function repeatedKeys({ items }: YAMLMap): Key[] {
  const seen = new Set<unknown>();
  const repeated: Key[] = [];
  for (const { key } of items as Pair<Key | null>[]) {
    if (key?.value === undefined) continue;
    if (seen.has(key.value) && key.value !== "<<") repeated.push(key);
    seen.add(key.value);
  }
  return repeated;
}

type Key = { readonly value?: unknown };

interface Pairs {
  readonly items?: readonly { readonly key: ParsedNode & { readonly value?: unknown } }[];
}

function keyAt(document: Document, place: Place): ParsedNode | undefined {
  const parent = (place.length === 1 ? document.contents : document.getIn(place.slice(0, -1), true)) as Pairs | null;
  return parent?.items?.find(({ key }) => key?.value === place.at(-1))?.key;
}

/** An alias that stands for too much (aliases of aliases) is refused by the parser here. */
function toValue(file: string, document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const message = textOf(error);
    return refuseFile(file, isStackOverflow(message) ? tooDeep : message, { cause: error });
  }
}

const tooDeep = `it is nested too deeply: more than ${maxDepth} levels`;

function isStackOverflow(message: string): boolean {
  return message.includes("Maximum call stack size exceeded");
}

function refuseDepth(file: string, source: Source): void {
  const walk = (value: unknown, place: Place, around: readonly unknown[]): void => {
    if (typeof value !== "object" || value === null) return;
    const isInItself = around.includes(value);
    if (isInItself || place.length > maxDepth) {
      const message = isInItself ? "it contains itself, by an alias of an anchor around it" : tooDeep;
      throw new ConfigError(file, [{ place: isInItself ? place : [], message, ...source.locate(place) }]);
    }
    const within = [...around, value];
    for (const [key, member] of Object.entries(value)) {
      walk(member, [...place, Array.isArray(value) ? Number(key) : key], within);
    }
  };
  walk(source.value, [], []);
}

/** V8's message about text that is not JSON, on one line, and the place that V8 gives as a position or by the text around it. */
function toSyntaxProblem(text: string, said: string): Problem {
  const [, around] = /^Unexpected token .*?, (?:\.\.\.)?"([\s\S]*)"(?:\.\.\.)? is not valid JSON$/.exec(said) ?? [];
  const [, position] = /at position (\d+)/.exec(said) ?? [];
  const offset =
    position !== undefined ? Number(position) : around !== undefined ? text.indexOf(around) + 10 : undefined;
  const message = said.replace(/, (?:\.\.\.)?"[\s\S]*$/, "").replace(/ in JSON at position .*$/, "");
  if (offset === undefined) return { place: [], message: `this is not JSON: ${message}` };
  const before = text.slice(0, offset).split("\n");
  const place = { line: before.length, column: before.at(-1)!.length + 1 };
  return { place: [], message: `this is not JSON: ${message}`, ...place };
}
