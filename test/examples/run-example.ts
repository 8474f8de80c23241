// Runs an example as a user would, in a process of its own, and returns how it ended.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

interface Ended {
  stdout: string;
  stderr: string;
  /** The exit code, or the signal that killed it. */
  end: number | NodeJS.Signals;
}

export interface Running {
  /** Resolves when its output contains `text`; rejects when it ends before. */
  whenItSays(text: string): Promise<void>;
  send(signal: NodeJS.Signals): void;
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<Ended>;
}

/** `file` is relative to examples/. */
export function runExample(file: string, env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, ["--import", "tsx", `examples/${file}`], {
    cwd: root,
    env: { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  const listeners = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    for (const listener of listeners) listener();
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  const ended = once(child, "close").then(([code, signal]) => ({ stdout, stderr, end: code ?? signal }));

  return {
    ended,
    send: (signal) => child.kill(signal),
    whenItSays: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!stdout.includes(text)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        ended.then(() => reject(new Error(`${file} ended and never said "${text}":\n${stdout}\n${stderr}`)));
      }),
  };
}
