// style.ts: colours, where the user wants them: by NO_COLOR and FORCE_COLOR, or else if the stream is a terminal.

import { styleText } from "node:util";

type Format = Parameters<typeof styleText>[0];

export interface Style {
  readonly hasColors: boolean;
  (format: Format, text: string): string;
}

/** The style for what goes to `stream`. As in Node itself, FORCE_COLOR wins over NO_COLOR, and "0" means none. */
export function createStyle(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Style {
  const hasColors = wantsColors(stream, env);
  // Newer versions of Node would look at stdout, even for text that goes elsewhere.
  const paint = (format: Format, text: string) =>
    hasColors ? styleText(format, text, { validateStream: false }) : text;
  return Object.assign(paint, { hasColors });
}

function wantsColors(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  if (env.NO_COLOR) return false;
  return stream.isTTY === true && env.TERM !== "dumb";
}

/** Without red and grey, which have a meaning of their own. */
const nameColours = [
  "cyan",
  "yellow",
  "magenta",
  "green",
  "blue",
  "cyanBright",
  "yellowBright",
  "magentaBright",
  "greenBright",
  "blueBright",
] as const;

/** The colour of the n-th service of a tree: neighbours differ, and a service has the same one in every run. */
export function colourAt(place: number): (typeof nameColours)[number] {
  return nameColours[place % nameColours.length]!;
}

/** The colour of a service whose place in the tree is not known, by its name. */
export function colourOf(name: string): (typeof nameColours)[number] {
  let hash = 0;
  for (const char of name) hash = (hash * 31 + char.codePointAt(0)!) >>> 0;
  return colourAt(hash);
}
