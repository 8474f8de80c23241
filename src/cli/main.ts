#!/usr/bin/env node
// main.ts: the command. `--version` alone loads nothing else, so that it is as fast as Node itself.

import { version } from "./version.ts";

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
  process.stdout.write(`${version()}\n`);
} else if ("Bun" in globalThis || "Deno" in globalThis) {
  process.stderr.write("statevisor: the command runs on Node alone; your services may be programs of any runtime\n");
  process.exit(1);
} else {
  const { run } = await import("./program.ts");
  // What still runs in this process has been reported, and has had its time to stop.
  process.exit(await run(args));
}
