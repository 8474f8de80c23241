// The output of a process: whole lines, whatever the process writes and however slowly they are read.

import { describe, expect, it } from "vitest";
import { createSupervisor } from "../../src/index.ts";
import { defineProcess, type ProcessSpec } from "../../src/node/index.ts";
import { maxLineLength } from "../../src/node/lines.ts";
import { createTree, js, sh, until } from "./support.ts";

function writer(spec: Omit<ProcessSpec, "name">) {
  return createTree(defineProcess({ restart: "never", ...spec, name: "writer" }));
}

async function linesOf(command: ProcessSpec["command"]): Promise<[stream: string, line: string][]> {
  const lines: [string, string][] = [];
  const { supervisor, exits } = writer({ command, onLine: (line, stream) => void lines.push([stream, line]) });
  await supervisor.start();
  await until("it ends", () => exits.length > 0);
  return lines;
}

describe("the output of a process", () => {
  it("comes in whole lines, each stream for itself", async () => {
    const lines = await linesOf(
      sh("printf 'a'; printf 'x' >&2; sleep 0.1; printf 'b\\r\\nc'; printf 'y\\n' >&2; sleep 0.1; printf 'd\\n'"),
    );
    expect(lines.filter(([stream]) => stream === "stdout").map(([, line]) => line)).toEqual(["ab", "cd"]);
    expect(lines.filter(([stream]) => stream === "stderr").map(([, line]) => line)).toEqual(["xy"]);
  });

  it("keeps a character together that comes in two pieces, and marks what is not UTF-8", async () => {
    const lines = await linesOf(sh("printf '\\303'; sleep 0.1; printf '\\251\\n\\377\\376z\\n'"));
    expect(lines.map(([, line]) => line)).toEqual(["é", "\ufffd\ufffdz"]);
  });

  it("in a line of 3 MiB comes in pieces, and loses nothing", async () => {
    const lines = await linesOf(js('process.stdout.write("x".repeat(3 << 20) + "\\nend\\n")'));
    expect(Math.max(...lines.map(([, line]) => line.length))).toBe(maxLineLength);
    expect(lines.map(([, line]) => line).join("")).toHaveLength((3 << 20) + 3);
    expect(lines.at(-1)).toEqual(["stdout", "end"]);
  });

  it("is logged line by line, after the spawn", async () => {
    const { supervisor, log, exits } = writer({ command: sh("echo out; sleep 0.1; echo err >&2") });
    await supervisor.start();
    await until("it ends", () => exits.length > 0);
    const pid = expect.any(Number);
    expect(log.filter(({ level }) => level === "info")).toEqual([
      {
        level: "info",
        path: "app/writer",
        incarnation: 1,
        event: "spawned",
        pid,
        command: sh("echo out; sleep 0.1; echo err >&2"),
        message: "spawned",
      },
      { level: "info", path: "app/writer", incarnation: 1, pid, stream: "stdout", message: "out" },
      { level: "info", path: "app/writer", incarnation: 1, pid, stream: "stderr", message: "err" },
    ]);
  });

  it("is told before its line has ended, when it is still, and while it goes back to the beginning", async () => {
    const { supervisor, log, exits } = writer({
      command: sh(
        "printf 'Overwrite? [y/N] '; sleep 0.7; echo y; for i in 1 2 3 4 5 6 7; do printf \"$i %%\\r\"; sleep 0.1; done; echo",
      ),
    });
    await supervisor.start();
    await until("it ends", () => exits.length > 0);
    const parts = log.filter(({ part }) => part).map(({ level, message }) => [level, message]);
    expect(parts[0]).toEqual(["debug", "Overwrite? [y/N] "]);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.at(-1)![1]).toMatch(/^1 %\r[\s\S]*\d %\r$/);
    expect(log.find(({ stream, part }) => stream && !part)).toMatchObject({ message: "Overwrite? [y/N] y" });
  });

  it.for<[what: string, onLine: () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("bad listener");
      },
    ],
    ["rejects", () => Promise.reject(new Error("bad listener"))],
  ])("goes on when onLine %s, and that is logged once", async ([, onLine]) => {
    const { supervisor, log, exits } = writer({ command: sh("echo a; echo b; echo c"), onLine });
    await supervisor.start();
    await until("it ends", () => exits.length > 0);
    expect(exits).toEqual(["writer completed"]);
    expect(log.filter(({ stream }) => stream).map(({ message }) => message)).toEqual(["a", "b", "c"]);
    expect(log.filter(({ level }) => level === "error")).toMatchObject([{ err: { message: "bad listener" } }]);
  });

  it("waits while onLine is busy: the writer blocks, and our memory does not grow", async () => {
    let goOn = () => {};
    let lines = 0;
    const { supervisor, log } = writer({
      // It prints on stderr how much it could write.
      command: js(`
        const fs = require("fs"), chunk = ("x".repeat(1023) + "\\n").repeat(64);
        for (let kib = 0; kib < 65536; kib += 64) { fs.writeSync(1, chunk); fs.writeSync(2, kib + "\\n"); }`),
      onLine: (_line, stream) => {
        if (stream === "stderr" || ++lines > 1) return undefined;
        return new Promise<void>((resolve) => {
          goOn = resolve;
        });
      },
    });
    await supervisor.start();
    const written = () => Number(log.findLast(({ stream }) => stream === "stderr")?.message ?? 0);
    let before = -1;
    await until("the writer is stuck", async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      const isStuck = written() === before && lines > 0;
      before = written();
      return isStuck;
    });
    expect(written()).toBeLessThan(1_024);
    goOn();
    await until("the writer is done", () => lines === 65_536);
  });

  it("that never ends does not grow our memory, nor starve the event loop", async () => {
    let lines = 0;
    const yes = defineProcess({ name: "yes", command: ["yes", "x".repeat(200)], onLine: () => void lines++ });
    await using supervisor = createSupervisor({ name: "app", services: [yes] });
    await supervisor.start();
    // V8 lets its young generation grow at first, by more the busier the machine is.
    await until("V8 has seen the flood", () => lines > 200_000);
    let turns = 0;
    const before = process.memoryUsage().rss;
    const end = performance.now() + 1_500;
    while (performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      turns++;
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20);
    expect(turns).toBeGreaterThan(20);
    expect(lines).toBeGreaterThan(1_000);
  });
});
