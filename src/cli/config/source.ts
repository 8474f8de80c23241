// A config file of data: its text as a value, and where in the text each place of the value is.

import { createRequire } from "node:module";
import { extname } from "node:path";
import type { Document, ParsedNode } from "yaml";
import { ConfigError, type Place, type Problem } from "./problems.ts";

export interface Source {
  readonly value: unknown;
  /** Where the value at a place begins, or where its key stands (`ofKey`); undefined for a place that is not there. */
  locate(place: Place, ofKey?: boolean): { line: number; column: number } | undefined;
}

/** @throws ConfigError for what cannot be read, with its line */
export function parseSource(file: string, text: string): Source {
  return extname(file) === ".json" ? parseJson(file, text) : parseYaml(file, text);
}

/** The YAML parser reads JSON too and knows lines; it is asked only when there is something to be told. */
function parseJson(file: string, text: string): Source {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(file, [toSyntaxProblem(text, (error as Error).message)]);
  }
  let located: Source | undefined;
  return {
    value,
    locate(place, ofKey) {
      located ??= parseYaml(file, text);
      return located.locate(place, ofKey);
    },
  };
}

function parseYaml(file: string, text: string): Source {
  // Loaded when needed: a config of JSON that is valid does without it.
  const { LineCounter, parseDocument } = createRequire(import.meta.url)("yaml") as typeof import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, merge: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (document.errors.length > 0) {
    throw new ConfigError(
      file,
      document.errors.map(({ code, message, pos }) => ({
        place: [],
        message: messageOf(code, message),
        ...at(pos[0]),
      })),
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

interface Pairs {
  readonly items?: readonly { readonly key: ParsedNode & { readonly value?: unknown } }[];
}

function keyAt(document: Document, place: Place): ParsedNode | undefined {
  const parent = (place.length === 1 ? document.contents : document.getIn(place.slice(0, -1), true)) as Pairs | null;
  return parent?.items?.find(({ key }) => key?.value === place.at(-1))?.key;
}

function messageOf(code: string, message: string): string {
  return code === "MULTIPLE_DOCS" ? 'there must be one document in the file; a second begins here ("---")' : message;
}

/** An alias of an anchor that is not there is found only now. */
function toValue(file: string, document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new ConfigError(file, [{ place: [], message: (error as Error).message }]);
  }
}

/** What V8 says of JSON that is none, on one line, with the place that it tells by a position or by what is around it. */
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
