// The screen: one line per event, in columns, with the time since the program began. Colours only on a terminal that
// wants them.

import { styleText } from "node:util";
import type { Logger } from "statevisor";

type Style = Parameters<typeof styleText>[0];

export type Screen = ReturnType<typeof createScreen>;

export function createScreen() {
  const startedAt = performance.now();
  // false for a file or a pipe, and where NO_COLOR is set
  const hasColours = process.stdout.isTTY && process.stdout.hasColors();

  function paint(style: Style, text: string): string {
    return hasColours ? styleText(style, text) : text;
  }

  function line(who: string, what: string, detail = "", style: Style = "reset"): void {
    const time = ((performance.now() - startedAt) / 1_000).toFixed(2).padStart(6);
    console.log(
      `${paint("dim", `${time} s`)}  ${who.padEnd(15)}  ${paint(style, what.padEnd(10))}  ${detail}`.trimEnd(),
    );
  }

  /** Shows what services log by `ctx.log`. The report shows the supervisors, from the updates. */
  function createLogger(who?: string): Logger {
    const log = (level: string) => (_data: object, message: string) => {
      if (who !== undefined) line(who, level, message, "magenta");
    };
    return {
      debug: () => {},
      info: log("info"),
      warn: log("warn"),
      error: log("error"),
      child: (bindings) =>
        createLogger("path" in bindings && "incarnation" in bindings ? shorten(String(bindings.path)) : undefined),
    };
  }

  return { line, paint, logger: createLogger() };
}

/** A path without the name of the root, which is the same in every line. */
export function shorten(text: string): string {
  return text.replaceAll("shop/", "");
}
