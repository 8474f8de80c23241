// terminal-input.ts: a pseudo-terminal for a process, made by `script`, which gets what is typed in the terminal of this one.

import type { ChildProcess } from "node:child_process";
import { stty } from "./stty.ts";

interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** The command in a pseudo-terminal as large as the terminal of this process, or 80 columns and 24 rows. */
export function inTerminal({ file, args }: Command): Command {
  const { columns = 80, rows = 24 } = process.stdout;
  const words = [file, ...args].map(quote).join(" ");
  // A pseudo-terminal without a terminal behind it has no size.
  const line = `stty cols ${columns} rows ${rows} 2>/dev/null; exec ${words}`;
  const isUtilLinux = process.platform === "linux";
  return isUtilLinux
    ? { file: "script", args: ["--quiet", "--return", "--flush", "--command", line, "/dev/null"] }
    : { file: "script", args: ["-q", "/dev/null", "/bin/sh", "-c", line] };
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** The process that gets what is typed. */
let owner: ChildProcess | null = null;

/**
 * Passes to a process what is typed, key by key, until the function that is returned is called. Ctrl-C and Ctrl-Z stay with
 * this process.
 *
 * @throws Error when another process has the terminal
 */
export function giveTerminal(child: ChildProcess): () => void {
  if (owner !== null) throw new Error(`process ${owner.pid} has the terminal already: only one at a time can`);
  owner = child;
  const { stdin } = process;
  const before = stdin.isTTY ? stty("-g") : null;
  // The pseudo-terminal echoes.
  if (before !== null) stty("-icanon", "-echo", "min", "1", "time", "0");
  const pass = (text: Buffer) => void child.stdin?.write(text);
  stdin.on("data", pass);
  return () => {
    owner = null;
    stdin.off("data", pass);
    stdin.pause();
    if (before !== null) stty(before);
  };
}
