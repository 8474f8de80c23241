// A config file of data: its text as a value, and where in the text each place of the value is.

import { extname } from "node:path";
import { isMap, isPair, isScalar, LineCounter, type ParsedNode, parseDocument } from "yaml";
import { ConfigError, type Place } from "./problems.ts";

export interface Source {
  readonly value: unknown;
  /** Where the value at a place begins, or where its key stands (`ofKey`); undefined for a place that is not there. */
  locate(place: Place, ofKey?: boolean): { line: number; column: number } | undefined;
}

/** JSON is read by the YAML parser too: it knows lines. */
export function parseSource(file: string, text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (document.errors.length > 0) {
    throw new ConfigError(
      file,
      document.errors.map((error) => ({ place: [], message: error.message, ...at(error.pos[0]) })),
    );
  }
  if (extname(file) === ".json") checkJson(file, text);
  return {
    value: document.toJS(),
    locate(place, ofKey = false) {
      const node = (ofKey ? keyAt(document.contents, place) : document.getIn(place, true)) as ParsedNode | undefined;
      return node?.range ? at(node.range[0]) : undefined;
    },
  };
}

function keyAt(contents: unknown, place: Place): unknown {
  const parent = place.slice(0, -1).reduce<unknown>((node, key) => childOf(node, key), contents);
  if (!isMap(parent)) return undefined;
  return parent.items.find((pair) => isPair(pair) && isScalar(pair.key) && pair.key.value === place.at(-1))?.key;
}

function childOf(node: unknown, key: string | number): unknown {
  return (node as { get?: (key: unknown, keepNode: boolean) => unknown } | undefined)?.get?.(key, true);
}

/** What is YAML but not JSON is refused in a .json file: other tools could not read it. */
function checkJson(file: string, text: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new ConfigError(file, [{ place: [], message: (error as Error).message }]);
  }
}
