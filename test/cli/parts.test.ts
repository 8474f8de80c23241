// Lines whose end does not come: a prompt is shown after a moment, of a progress bar its last state, on a terminal in place.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { createJournal } from "../../src/cli/journal.ts";
import { createCli, forever, main, until } from "./support.ts";

const sh = (script: string) => ["sh", "-c", script];
const services = [
  { name: "ask", command: sh("printf 'Overwrite? [y/N] '; sleep 300") },
  {
    name: "bar",
    command: sh(
      `for i in 10 20 30; do printf "$i %%\\r"; sleep 0.5; done; printf '100 %%\\n'; exec ${process.execPath} -e '${forever}'`,
    ),
  },
];

// Case K8.
describe("a line that has not ended", () => {
  it("is shown after a moment: of a bar its last state alone", async () => {
    const cli = createCli();
    cli.write("statevisor.config.json", { name: "app", services });
    const up = cli.start("up");
    await up.says(/ask │ Overwrite\? \[y\/N\] /);
    await up.says(/bar │ .*100/);
    expect(up.stdout.match(/bar │ .*/g)).toEqual(["bar │ 100 %"]);
    expect((await cli.run("logs", "ask")).stdout).toContain("ask │ Overwrite? [y/N] ");
  });

  it("is shown in place on a terminal, until it ends", async () => {
    const cli = createCli();
    cli.write("statevisor.config.json", { name: "app", services });
    const command = `stty columns 100 rows 30; exec ${process.execPath} ${main} up`;
    const terminal = spawn("script", ["--quiet", "--command", command, "/dev/null"], {
      cwd: cli.folder,
      env: { ...process.env, CI: "", TERM: "xterm", NO_COLOR: "1", STATEVISOR_RUNTIME_DIR: `${cli.folder}/.run` },
      stdio: ["pipe", "pipe", "ignore"],
    });
    let screen = "";
    terminal.stdout.setEncoding("utf8").on("data", (text) => {
      screen += text;
    });
    try {
      await until("the bar has ended", () => /bar │ 100 %/.test(screen));
      const states = [...screen.matchAll(/bar │ (\d+) %/g)].map((match) => Number(match[1]));
      expect(states).toContain(30);
      expect(states).toEqual(states.toSorted((a, b) => a - b));
      await until("the prompt is drawn again below it", () => screen.split("ask │ Overwrite?").length > 2);
      terminal.stdin.write("\u0003");
      await once(terminal, "close");
    } finally {
      terminal.kill();
    }
  });

  it("of code in this process is shown, too", async () => {
    const cli = createCli();
    cli.write(
      "statevisor.config.mjs",
      `export default { name: "app", services: [{ name: "ask", run: ({ signal }) => {
        process.stdout.write("Sure? ");
        return new Promise((done) => signal.addEventListener("abort", done)); } }] };`,
    );
    const up = cli.start("up");
    await up.says(/ask │ Sure\? \n/);
  });
});

describe("the journal", () => {
  const line = (text: string, part = false) => [text, part] as const;

  it.each([
    ["what follows the part that was recorded", [line("Sure? ", true), line("Sure? y")], ["Sure? ", "y"]],
    ["nothing of an end without text", [line("Sure? ", true), line("Sure? ")], ["Sure? "]],
    ["each part once", [line(".", true), line("..", true), line("...")], [".", ".", "."]],
    ["the last state of a bar", [line("1 %\r2 %\r", true), line("1 %\r2 %\r3 %\r")], ["3 %"]],
    ["a line that says something else", [line("working", true), line("working\rdone")], ["working", "done"]],
    ["empty lines", [line(""), line("")], ["", ""]],
  ])("records %s", (_, lines, expected) => {
    const journal = createJournal();
    for (const [text, part] of lines) journal.write("app/web", 1, "stdout", text, part);
    expect(journal.newest([], 100).map(({ text }) => text)).toEqual(expected);
  });
});
