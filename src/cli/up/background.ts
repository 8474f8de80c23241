// background.ts: `up` in the background: what it prints goes to files in the state folder, and the command that began it is told
// how the start goes.

import { join } from "node:path";
import type { LogTargetOf } from "../config/log-targets.ts";
import { logDefaults } from "../config/log-targets.ts";
import { makeStateFolder } from "../control/state-folder.ts";
import { openRotating } from "./open-rotating.ts";
import { createParent } from "./parent.ts";
import { createPlainPrinter } from "./plain-printer.ts";
import type { Printer, Stage } from "./printer.ts";

export interface Background {
  readonly printer: Printer;
  /** A file for each service that the config gives none. */
  readonly targetOf: LogTargetOf;
}

export function createBackground(
  configFile: string,
  { supervisor, journal }: Omit<Stage, "stdout" | "stderr">,
): Background {
  const folder = makeStateFolder(configFile);
  const file = openRotating({ file: join(folder, "up.log"), ...logDefaults });
  // A full disk must not end the tree.
  file.on("error", () => {});
  const parent = createParent(supervisor);
  const dated = Object.create(file, {
    write: { value: (text: string) => file.write(withDates(text)) },
  }) as NodeJS.WriteStream;
  const printer = createPlainPrinter({ supervisor, journal, stdout: dated, stderr: dated });
  return {
    printer: {
      ...printer,
      // The output of each service has a file of its own.
      line: (line) => line.stream === "tree" && printer.line(line),
      tick() {
        printer.tick();
        parent.tick();
      },
      async end(result) {
        await parent.end(result);
        await printer.end(result);
      },
    },
    targetOf: (path) => ({ file: join(folder, `${path.replaceAll("/", ".")}.log`), ...logDefaults, isShared: false }),
  };
}

/** The lines begin with the time of day; in a file that lasts, the date stands before it. */
function withDates(text: string): string {
  const now = new Date();
  const two = (number: number) => String(number).padStart(2, "0");
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return text.replace(/^(?=\d\d:\d\d:\d\d )/gm, `${date} `);
}
