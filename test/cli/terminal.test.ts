// `up` on a terminal: `script` gives it one.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";
import { expect, it } from "vitest";
import { createCli, main, sleeper, until } from "./support.ts";

it("keeps a list of the services below the lines, and leaves a summary", async () => {
  const cli = createCli();
  cli.write("statevisor.config.json", {
    name: "app",
    services: [
      { name: "db", command: sleeper("hello") },
      { name: "stuck", command: sleeper(), readyOn: { line: "never" }, critical: false },
      { name: "web", command: sleeper(), dependsOn: ["stuck"], critical: false },
    ],
  });
  const command = `stty columns 100 rows 30; exec ${process.execPath} ${main} up`;
  const terminal = spawn("script", ["--quiet", "--command", command, "/dev/null"], {
    cwd: cli.folder,
    env: { ...process.env, CI: "", TERM: "xterm", NO_COLOR: undefined, STATEVISOR_RUNTIME_DIR: `${cli.folder}/.run` },
    stdio: ["pipe", "pipe", "ignore"],
  });
  let screen = "";
  terminal.stdout.setEncoding("utf8").on("data", (text) => {
    screen += text;
  });
  const text = () => stripVTControlCharacters(screen).replaceAll("\r", "");
  try {
    await until("the list shows why web waits", () => /web +○ waiting .* waiting for stuck \(launching\)/.test(text()));
    await until("the output scrolls by above it", () => /db +│ hello/.test(text()));
    expect(text()).toMatch(/SERVICE +STATE +SINCE +RESTARTS +PID +WHY/);
    expect(text()).toMatch(/db +● running +\d\.\d s +0 +\d+\n/);
    expect(text()).toContain("(Ctrl-C stops)");
    // In colour: green for what runs.
    expect(screen).toContain("\u001b[32m● running");
    terminal.stdin.write("\u0003");
    await once(terminal, "close");
    expect(text()).toMatch(/app +▪ stopped as asked after/);
    expect(text()).toMatch(/SERVICE +UP +STARTS/);
  } finally {
    terminal.kill();
  }
});
