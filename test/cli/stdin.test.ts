// `stdin: inherit` and `stdin: tty`: one service has the terminal of `up`.

import { expect, it } from "vitest";
import { createCli, main, node, processesWith, sleeper, until } from "./support.ts";
import { createTerminal, hasTmux } from "./tmux.ts";

const program = `
  console.log("terminal:", Boolean(process.stdin.isTTY), Boolean(process.stdout.isTTY), process.stdout.columns ?? "");
  process.stdin.on("data", (text) => console.log("read " + JSON.stringify(String(text))));
  setInterval(() => {}, 1000);`;

it.skipIf(!hasTmux && !process.env.CI).each([
  ["inherit", "terminal: true false", ["j", "q", "Enter"], 'read "jq\\n"'],
  ["tty", "terminal: true true 100", ["j", "Enter"], 'read "j\\n"'],
])("with %s what is typed goes to the service, and Ctrl-C to up", async (stdin, sees, keys, reads) => {
  const cli = createCli();
  const marker = `marker-${process.pid}-${stdin}`;
  cli.write("statevisor.config.json", {
    name: "app",
    services: [{ name: "repl", command: [...node(program), marker], stdin }],
  });
  const terminal = createTerminal(
    `trap : INT; ${process.execPath} ${main} up; echo "ended with $?"; stty -a; sleep 60`,
    cli.folder,
  );
  await until("it runs", () => terminal.screen().includes(sees));
  expect(terminal.screen()).toContain("what is typed goes to repl");
  expect(terminal.screen()).not.toContain("? help");
  terminal.press(...keys);
  await until("it has read that", () => terminal.screen().includes(reads)).catch((error) => {
    throw new Error(`${error.message}\n${terminal.screen()}`);
  });
  terminal.press("C-c");
  await until("the terminal is as it was", () => /ended with 0[\s\S]* icanon[\s\S]* echo /.test(terminal.screen()));
  await until("nothing of it is left", () => processesWith(marker).length === 0);
});

it("two services that would have the terminal are a mistake, before anything runs", async () => {
  const cli = createCli();
  const services = ["a", "b"].map((name) => ({ name, command: sleeper(), stdin: "tty" }));
  cli.write("statevisor.config.json", { name: "app", services });
  const { code, stderr } = await cli.run("up");
  expect(code).toBe(4);
  expect(stderr).toContain(
    "only one service can read from the terminal (`stdin: inherit` or `tty`); these would: a, b",
  );
});
