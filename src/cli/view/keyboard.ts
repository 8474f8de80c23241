// keyboard.ts: reads keys from the terminal one by one, and leaves it as it was: at the end, at an error, and while the
// command is suspended.
//
// `stty` does what Node's raw mode does not: Ctrl-C, Ctrl-Z and Ctrl-S go on to be the terminal's, and a command that was
// put in the background may end without being stopped by the kernel, since Node has nothing of its own to put back.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { emitKeypressEvents, type Interface, type Key } from "node:readline";
import { stty } from "../../node/index.ts";
import { toKeyName } from "./keys.ts";

export interface Keyboard {
  /** Whether keys are read now: not in the background, and not without `stty`. */
  readonly isOn: boolean;
  close(): void;
}

export interface KeyboardOptions {
  readonly stdin: NodeJS.ReadStream;
  onKey(key: string): void;
  /** The command ends at once: puts the screen back as it was. */
  onExit(): void;
  /** The command is suspended: the same, for a while. */
  onSuspend(): void;
  /** The command goes on: the screen has to be drawn again. */
  onReturn(): void;
}

/** How long the rest of a sequence may take to follow its Escape, in milliseconds. */
const escapeMs = 50;

export function readKeyboard({ stdin, onKey, ...screen }: KeyboardOptions): Keyboard {
  /** The settings of the terminal before this. */
  let before: string | null = null;
  const onKeypress = (text: string | undefined, key: Key) => onKey(toKeyName(text, key));
  const take = () => {
    // A command in the background that changes the terminal, or reads from it, is stopped by the kernel.
    if (before !== null || !isInForeground()) return;
    before = stty("-g");
    if (before === null) return;
    stty("-icanon", "-echo", "min", "1", "time", "0");
    stdin.resume();
  };
  const release = () => {
    if (before === null) return;
    stdin.pause();
    if (isInForeground()) stty(before);
    before = null;
  };
  const close = () => {
    for (const [event, handler] of handlers) process.off(event, handler);
    stdin.off("keypress", onKeypress);
    stdin.off("error", ignore);
    release();
  };
  const handlers = [
    [
      "SIGTSTP",
      () => {
        release();
        screen.onSuspend();
        process.kill(process.pid, "SIGSTOP");
      },
    ],
    [
      "SIGCONT",
      () => {
        take();
        screen.onReturn();
      },
    ],
    [
      "SIGQUIT",
      () => {
        close();
        screen.onExit();
        process.kill(process.pid, "SIGQUIT");
      },
    ],
    [
      "exit",
      () => {
        release();
        screen.onExit();
      },
    ],
  ] as const;

  // The option is that of a readline interface, and is read from whatever is given in its place.
  emitKeypressEvents(stdin, { escapeCodeTimeout: escapeMs } as unknown as Interface);
  stdin.on("keypress", onKeypress);
  stdin.on("error", ignore);
  for (const [event, handler] of handlers) process.on(event, handler);
  take();

  return {
    get isOn() {
      return before !== null;
    },
    close,
  };
}

/** SIGHUP says that the terminal has gone. */
function ignore(): void {}

/** Whether the terminal takes this process group for the one that the user works with. */
function isInForeground(): boolean {
  try {
    const [group, foreground] = process.platform === "linux" ? groupsByProc() : groupsByPs();
    return group === foreground;
  } catch {
    return true;
  }
}

function groupsByProc(): readonly (string | undefined)[] {
  const stat = readFileSync("/proc/self/stat", "utf8");
  // pid (name) state parent group session terminal foreground …; the name may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return [fields[2], fields[5]];
}

function groupsByPs(): readonly (string | undefined)[] {
  const { stdout } = spawnSync("ps", ["-o", "pgid=,tpgid=", "-p", String(process.pid)], { encoding: "utf8" });
  return stdout.trim().split(/\s+/);
}
