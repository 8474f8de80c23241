// stty: the settings of the terminal of this process.

import { spawnSync } from "node:child_process";

/**
 * Changes the settings of the terminal that is the stdin of this process, as the program `stty` takes them, or prints them:
 * `stty("-g")` returns a text that a later call takes to put them back. Null when that cannot be: without a terminal, without
 * the program, and when it takes longer than a second. It does what Node's raw mode does not: Ctrl-C, Ctrl-Z and Ctrl-S can
 * stay with the terminal.
 */
export function stty(...settings: string[]): string | null {
  const { status, stdout } = spawnSync("stty", settings, {
    stdio: ["inherit", "pipe", "ignore"],
    encoding: "utf8",
    timeout: 1_000,
  });
  return status === 0 ? stdout.trim() : null;
}
