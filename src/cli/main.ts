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
  // What still runs in this process has been reported, and has had its time to stop.
  process.exit(await runCommand());
}

async function runCommand(): Promise<number> {
  try {
    const { run } = await import("./program.ts");
    return await run(args);
  } catch (error) {
    // An error of a system call is not a bug of ours: one line is enough. A bug keeps its stack.
    const { code, syscall, message } = error as Partial<NodeJS.ErrnoException>;
    if (syscall === undefined) throw error;
    const hint =
      code === "EMFILE" ? "; `ulimit -n` says how many files a process may open: 256 are enough to begin" : "";
    process.stderr.write(`statevisor: ${message}${hint}\n`);
    return 1;
  }
}
