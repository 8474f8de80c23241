#!/usr/bin/env node
// statevisor: the command. What only prints the version loads nothing else, so that it is as fast as Node itself.

import { version } from "./version.ts";

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
  process.stdout.write(`${version()}\n`);
} else {
  const { run } = await import("./program.ts");
  // Whatever is left running in this process has been told of, and has had its time.
  process.exit(await run(args));
}
