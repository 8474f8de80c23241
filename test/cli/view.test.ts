// The live view in a real terminal: what its keys do, and how the terminal is left.

import { describe, expect, it } from "vitest";
import { createCli, forever, main, node, sleeper, until } from "./support.ts";
import { createTerminal, hasTmux, type Terminal, type TerminalOptions } from "./tmux.ts";

const services = [
  { name: "db", command: node(`for (let i = 1; i <= 40; i++) console.log("row " + i + " of 40"); ${forever}`) },
  { name: "web", command: sleeper("hello"), dependsOn: ["db"] },
  { name: "broken", command: ["sh", "-c", "echo no queue >&2; exit 3"], critical: false, restart: "never" },
];

const up = `trap : INT; ${process.execPath} ${main} up; echo "ended with $?"; stty -a; sleep 60`;

async function runView(options: TerminalOptions = {}, command = up) {
  const cli = createCli();
  cli.write("statevisor.config.json", { name: "app", services });
  const terminal = createTerminal(command, cli.folder, options);
  await shows(terminal, /web +● running/);
  return { cli, terminal };
}

function shows(terminal: Terminal, text: RegExp | string): Promise<unknown> {
  const holds = (screen: string) => (typeof text === "string" ? screen.includes(text) : text.test(screen));
  return until(`the screen shows ${text}`, () => holds(terminal.screen())).catch((error) => {
    throw new Error(`${error.message}\n${terminal.screen()}`);
  });
}

describe.skipIf(!hasTmux && !process.env.CI)("the live view", () => {
  it("takes keys: move, stop, start, restart, filter, explain, help, and q twice to stop", async () => {
    const { cli, terminal } = await runView();
    terminal.press("r");
    await shows(terminal, "which service?");
    terminal.press("j", "j");
    await shows(terminal, /❯ web/);
    terminal.press("k");
    await shows(terminal, /❯ db/);
    terminal.press("Down", "s");
    await shows(terminal, /❯ web +□ stopped[\s\S]*✔ web stopped/);
    terminal.press("s");
    await shows(terminal, /❯ web +● running[\s\S]*✔ web started/);
    const [before] = await cli.json("status", "web");
    terminal.press("r");
    await shows(terminal, "✔ web restarted");
    const [after] = await cli.json("status", "web");
    const pidOf = (document: unknown) => (document as { services: { pid: number }[] }).services[0]!.pid;
    expect(pidOf(after)).not.toBe(pidOf(before));

    terminal.press("/");
    for (const key of "rok") terminal.press(key);
    await until("only what matches is listed", () => !/web +● running/.test(terminal.screen()));
    terminal.press("Enter", "j", "e");
    await shows(terminal, /broken: failed[\s\S]*exited with code 3/);
    terminal.press("q");
    await shows(terminal, "filter: rok");
    terminal.press("Escape");
    await shows(terminal, /web +● running/);
    terminal.press("?");
    await shows(terminal, /In the list[\s\S]*restart the service/);
    terminal.press("Escape");

    await shows(terminal, "? help");
    terminal.press("q");
    await shows(terminal, "q again stops app");
    terminal.press("j");
    await until("another key goes on", () => !terminal.screen().includes("q again"));
    terminal.press("q", "q");
    await shows(terminal, /stopped as asked[\s\S]*ended with 0[\s\S]* icanon[\s\S]* echo /);
    expect(terminal.flags()).toEqual({ cursor: true, alternate: false });
  });

  it("shows the output of a service on the whole screen, follows it, and searches in it", async () => {
    const { terminal } = await runView({ rows: 20, env: { NO_COLOR: "1" } });
    terminal.press("j", "l");
    await shows(terminal, "logs db 22-40 of 40, follows");
    expect(terminal.flags().alternate).toBe(true);
    expect(terminal.screen()).not.toContain("row 21 ");
    terminal.press("g");
    await shows(terminal, "logs db 1-19 of 40");
    terminal.press("/");
    for (const key of "row 3") terminal.press(key === " " ? "Space" : key);
    terminal.press("Enter");
    await shows(terminal, /❯ .*row 3 of/);
    terminal.press("n");
    await shows(terminal, /❯ .*row 30 of/);
    terminal.press("N");
    await shows(terminal, /❯ .*row 3 of/);
    terminal.press("G");
    await shows(terminal, "follows");
    terminal.press("q");
    await shows(terminal, /❯ db +● running/);
    // What came meanwhile, and what was there before, is above the list.
    expect(terminal.screen()).toContain("row 40 of 40");
    terminal.press("l", "C-c");
    await shows(terminal, "ended with 0");
    expect(terminal.flags()).toEqual({ cursor: true, alternate: false });
  });

  it("fits 30 columns, and follows the size of the terminal", async () => {
    const { cli, terminal } = await runView({ columns: 30, rows: 20 });
    await shows(terminal, /^ {2}SERVICE +STATE[\s\S]*^\? help {2}q quit {2}↑↓ move$/m);
    terminal.press("j", "e");
    await shows(terminal, "explain db");
    terminal.press("q");
    terminal.resize(140, 40);
    await shows(terminal, /❯ db +● running +\d.*\n.*web[\s\S]*e explain {2}\/ filter/);
    terminal.resize(80, 24);
    await until("nothing of a list is left above it", () => terminal.screen().match(/SERVICE +STATE/g)?.length === 1);
    // However it ends, the terminal is as it was.
    terminal.press("l");
    await until("a page fills the screen", () => terminal.flags().alternate);
    const [{ pid }] = (await cli.json("status")) as [{ pid: number }];
    process.kill(pid, "SIGQUIT");
    await shows(terminal, /ended with 131[\s\S]* icanon[\s\S]* echo /);
    expect(terminal.flags()).toEqual({ cursor: true, alternate: false });
  });

  it("gives the terminal back while it is suspended, and goes on with its keys", async () => {
    const shell = `exec sh -i`;
    const cli = createCli();
    cli.write("statevisor.config.json", { name: "app", services });
    const terminal = createTerminal(shell, cli.folder, { env: { PS1: "prompt> " } });
    terminal.press(`${process.execPath} ${main} up`, "Enter");
    await shows(terminal, /web +● running/);
    terminal.press("j", "l");
    await shows(terminal, "logs db");
    terminal.press("C-z");
    // Keys that come before the shell has the terminal go to the command.
    await shows(terminal, /Stopped[\s\S]*prompt>\s*$/);
    await until("the screen is the shell's", () => !terminal.flags().alternate && terminal.flags().cursor);
    terminal.press("stty -a", "Enter");
    await shows(terminal, / icanon[\s\S]* echo /);
    terminal.press("fg", "Enter");
    await shows(terminal, "logs db");
    terminal.press("q", "j");
    await shows(terminal, /❯ web/);
    // In the background it lives on, though it may not touch the terminal.
    terminal.press("C-z");
    await shows(terminal, /prompt>\s*$/);
    terminal.press("bg", "Enter");
    await until("it answers", async () => (await cli.run("status")).code === 0);
    await cli.run("down");
    await shows(terminal, "stopped as asked");
  });

  it("prints lines alone with --plain", async () => {
    const cli = createCli();
    // Not the rows of db: they may come after this line, and push it off the screen.
    cli.write("statevisor.config.json", { name: "app", services: [{ ...services[1], dependsOn: [] }] });
    const terminal = createTerminal(up.replace(" up", " up --plain"), cli.folder);
    await shows(terminal, /web +│ hello/);
    expect(terminal.screen()).not.toContain("SERVICE");
    terminal.press("C-c");
    await shows(terminal, "ended with 0");
  });
});
