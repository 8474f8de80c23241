// Colours, where they are wanted: NO_COLOR and FORCE_COLOR decide, else whether the stream is a terminal.

import { styleText } from "node:util";

type Format = Parameters<typeof styleText>[0];

export interface Style {
  readonly hasColors: boolean;
  (format: Format, text: string): string;
}

/** The style for what goes to `stream`. As Node itself: FORCE_COLOR is stronger than NO_COLOR, and "0" means none. */
export function createStyle(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Style {
  const hasColors = wantsColors(stream, env);
  // Without a stream to look at: newer versions of Node would ask stdout, whatever is written to.
  const paint = (format: Format, text: string) =>
    hasColors ? styleText(format, text, { validateStream: false }) : text;
  return Object.assign(paint, { hasColors });
}

function wantsColors(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  if (env.NO_COLOR) return false;
  return stream.isTTY === true && env.TERM !== "dumb";
}

/** Apart from red, which is for what went wrong, and from grey. */
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

/** For the n-th service of a tree: neighbours differ, and a service has the same one in every run. */
export function colourAt(place: number): (typeof nameColours)[number] {
  return nameColours[place % nameColours.length]!;
}

/** By name alone, where nobody knows its place. */
export function colourOf(name: string): (typeof nameColours)[number] {
  let hash = 0;
  for (const char of name) hash = (hash * 31 + char.codePointAt(0)!) >>> 0;
  return colourAt(hash);
}
