// detach.ts: `up --detach` runs the tree in the background, and returns when it is up, or when it has failed.

import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { exitCodes } from "../cli-error.ts";
import { findConfig } from "../config/find.ts";
import { makeStateFolder } from "../control/state-folder.ts";
import { withoutRoot } from "../print/format.ts";
import { harmless } from "../print/harmless.ts";
import { createStyle } from "../print/style.ts";
import type { Told } from "../up/parent.ts";

export interface DetachOptions {
  config?: string;
  /** false: return when the tree has begun. */
  wait?: boolean;
}

/** The flags that are for this process alone. */
const ownFlags = ["-d", "--detach", "--no-wait"];

/** `args`: those that the command was called with. */
export async function detach(args: readonly string[], { config, wait = true }: DetachOptions): Promise<number> {
  const folder = makeStateFolder(findConfig(config));
  const errors = join(folder, "up.err");
  const file = openSync(errors, "w", 0o600);
  const child = spawn(
    process.execPath,
    [...process.execArgv, process.argv[1]!, ...args.filter((arg) => !ownFlags.includes(arg)), "--background"],
    { detached: true, stdio: ["ignore", "ignore", file, "ipc"] },
  );
  closeSync(file);
  const style = createStyle(process.stdout);
  const goOn = (name: string) => {
    child.disconnect();
    child.unref();
    const how = "`statevisor status` shows it, `statevisor down` stops it";
    process.stdout.write(`${style("green", "✔")} ${name} ${wait ? "is up" : "has begun"}, pid ${child.pid} (${how})\n`);
    process.stdout.write(`${style("dim", `output is in ${folder}`)}\n`);
    return exitCodes.ok;
  };
  return new Promise((resolve, reject) => {
    let reasons: readonly string[] = [];
    child.on("message", (message) => {
      const told = message as Told;
      if (told.type === "ended") reasons = told.reasons;
      else if (told.type === "waits")
        process.stderr.write(harmless(`${withoutRoot(told.path)}: ${told.summary}\n`, false));
      else if (told.type === "up" || !wait) resolve(goOn(told.name));
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      const said = readFileSync(errors, "utf8");
      const why = reasons.length > 0 ? `statevisor: it is not up: ${reasons.join("\n  because ")}\n` : said;
      process.stderr.write(harmless(why || "statevisor: it ended before it was up\n", false));
      // A tree that completed has done its work.
      resolve(code ?? exitCodes.failed);
    });
  });
}
