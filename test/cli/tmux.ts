// A terminal for the tests: tmux runs a command in it, takes keys, and says what the screen shows.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export const hasTmux = spawnSync("tmux", ["-V"]).status === 0;

export interface Terminal {
  /** The lines of the screen. */
  screen(): string;
  /** Keys by the names that tmux gives them: "j", "Enter", "C-c". */
  press(...keys: string[]): void;
  resize(columns: number, rows: number): void;
  /** Takes nothing of what is written to it, until `resume`. */
  pause(): void;
  resume(): void;
  /** Whether the cursor is shown, and whether a program fills the screen. */
  flags(): { readonly cursor: boolean; readonly alternate: boolean };
}

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

let made = 0;

/**
 * The terminal of a shell command, in a folder whose runtime folder is that of the commands of the test. It is closed after
 * the test.
 */
export function createTerminal(
  command: string,
  folder: string,
  { columns = 100, rows = 30, env = {} }: TerminalOptions = {},
): Terminal {
  const socket = join(folder, `tmux-${++made}`);
  const tmux = (...args: string[]) => spawnSync("tmux", ["-S", socket, ...args], { encoding: "utf8" });
  const all = { STATEVISOR_RUNTIME_DIR: join(folder, ".run"), STATEVISOR_STATE_DIR: join(folder, ".state"), ...env };
  const set = Object.entries(all).map(([name, value]) => `${name}='${value}'`);
  const size = ["-x", String(columns), "-y", String(rows)];
  const run = `env -u CI -u NO_COLOR -u FORCE_COLOR ${set.join(" ")} sh -c '${command.replaceAll("'", `'\\''`)}'`;
  tmux("-f", "/dev/null", "new-session", "-d", ...size, "-c", folder, run);
  const ask = (format: string) => tmux("display-message", "-p", format).stdout.trim();
  const server = Number(ask("#{pid}"));
  onTestFinished(() => {
    // A server that is paused does not answer.
    spawnSync("kill", ["-CONT", String(server)]);
    tmux("kill-server");
  });
  return {
    screen: () => tmux("capture-pane", "-p").stdout,
    press: (...keys) => void tmux("send-keys", ...keys),
    resize: (width, height) => void tmux("resize-window", "-x", String(width), "-y", String(height)),
    pause: () => void process.kill(server, "SIGSTOP"),
    resume: () => void process.kill(server, "SIGCONT"),
    flags() {
      const [cursor, alternate] = ask("#{cursor_flag} #{alternate_on}").split(" ");
      return { cursor: cursor === "1", alternate: alternate === "1" };
    },
  };
}
