// output-readers.mjs: who does not read what `up` prints, each in its way. Each starts `up`, and in the end reads again.

import { spawn, spawnSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hasOpened } from "../support/proc.mjs";
import { main, until } from "./running-tree.mjs";

const envOf = (folder) => ({ ...process.env, CI: undefined, STATEVISOR_RUNTIME_DIR: join(folder, ".run") });
const ended = (child) => new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));

/** The sum of what was told as dropped: by lines for people, or by documents. */
function droppedIn(text) {
  const told = [...text.matchAll(/… (\d+) lines? left out|"type":"dropped","time":\d+,"count":(\d+)|"dropped":(\d+)/g)];
  return told.reduce((sum, [, ...counts]) => sum + Number(counts.find((count) => count !== undefined)), 0);
}

/** A command whose stdout goes into a pipe that nobody reads until `read` is called. */
function startUnread(folder, args) {
  const fifo = join(folder, `fifo-${args.join("-")}`);
  spawnSync("mkfifo", [fifo]);
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(fifo, constants.O_WRONLY);
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    env: envOf(folder),
    stdio: ["ignore", writer, "ignore"],
  });
  closeSync(writer);
  return {
    child,
    ended: ended(child),
    /**
     * Reads for a second, then no more while `act` is carried out, then to the end of the command. Resolves to how much
     * was told as dropped.
     */
    async read(act) {
      const cat = spawn("cat", [fifo], { stdio: ["ignore", "pipe", "ignore"] });
      const closed = new Promise((resolve) => cat.once("close", resolve));
      // A pipe without any reader, for a moment, would be a reader that has gone.
      await until("cat has opened the pipe", () => hasOpened(cat.pid, fifo));
      closeSync(reader);
      let rest = "";
      let dropped = 0;
      cat.stdout.setEncoding("utf8").on("data", (chunk) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop();
        dropped += droppedIn(lines.join("\n"));
      });
      await sleep(1_000);
      cat.kill("SIGSTOP");
      await sleep(500);
      await act();
      cat.kill("SIGCONT");
      await closed;
      return dropped;
    },
  };
}

function createPipe(...flags) {
  return async (folder) => {
    const up = startUnread(folder, ["up", ...flags]);
    return {
      async end(stop) {
        const dropped = await up.read(stop);
        return { dropped, code: await up.ended };
      },
      close: () => up.child.kill("SIGKILL"),
    };
  };
}

async function createTerminal(folder) {
  const socket = join(folder, "tmux");
  const tmux = (...args) => spawnSync("tmux", ["-S", socket, ...args], { encoding: "utf8" }).stdout;
  const command = `env -u CI STATEVISOR_RUNTIME_DIR=${join(folder, ".run")} ${process.execPath} ${main} up`;
  tmux(
    "-f",
    "/dev/null",
    "new-session",
    "-d",
    "-x",
    "100",
    "-y",
    "50",
    "-c",
    folder,
    `${command}; echo "ended with $?"; sleep 600`,
  );
  tmux("set-option", "-g", "history-limit", "50000");
  return {
    pause: async () => void tmux("send-keys", "C-s"),
    async end(stop, tree) {
      tmux("send-keys", "C-q");
      const dropped = await until("it is told what was dropped", () =>
        droppedIn(tmux("capture-pane", "-p", "-S", "-")),
      );
      tmux("send-keys", "C-s");
      await sleep(500);
      await stop();
      await until("it has ended", () => !isThere(tree.pid));
      tmux("send-keys", "C-q");
      const [, code] = await until("the end is shown", () => /ended with (\d+)/.exec(tmux("capture-pane", "-p")));
      return { dropped, code: Number(code) };
    },
    close: () => tmux("kill-server"),
  };
}

function isThere(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function createLogs(folder) {
  const up = spawn(process.execPath, [main, "up"], { cwd: folder, env: envOf(folder), stdio: "ignore" });
  const exited = ended(up);
  let logs;
  return {
    async pause() {
      logs = startUnread(folder, ["logs", "-f"]);
      return { pids: [logs.child.pid] };
    },
    async end(stop) {
      const dropped = await logs.read(stop);
      return { dropped, code: await exited };
    },
    close() {
      up.kill("SIGKILL");
      logs?.child.kill("SIGKILL");
    },
  };
}

export const readers = {
  pipe: createPipe(),
  json: createPipe("--json"),
  terminal: createTerminal,
  logs: createLogs,
  own: createPipe(),
};
