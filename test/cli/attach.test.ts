// `attach`: the live view of a running tree, by several at once; leaving stops nothing.

import { expect, it } from "vitest";
import { createCli, main, sleeper, until } from "./support.ts";
import { createTerminal, hasTmux } from "./tmux.ts";

const services = [
  { name: "db", command: sleeper("hello") },
  { name: "web", command: sleeper(), dependsOn: ["db"] },
];

it.skipIf(!hasTmux && !process.env.CI)("shows a running tree to several terminals, each with keys", async () => {
  const cli = createCli();
  cli.write("statevisor.config.json", { name: "app", services });
  const up = cli.start("up");
  await up.says(/web ● up/);
  const attach = `trap : INT; ${process.execPath} ${main} attach; echo "ended with $?"; sleep 60`;
  const terminals = [0, 1].map(() => createTerminal(attach, cli.folder));
  const [one, two] = terminals as [(typeof terminals)[0], (typeof terminals)[0]];
  for (const { screen } of terminals) {
    await until("it shows the tree and its output", () => /db +│ hello[\s\S]*web +● running/.test(screen()));
    expect(screen()).toContain("(Ctrl-C leaves)");
  }
  const reader = createTerminal(attach.replace("attach;", "attach </dev/null;"), cli.folder);
  await until("it says that it takes no keys", () =>
    reader.screen().includes("(read only, no keys here; Ctrl-C leaves)"),
  );
  one.press("G", "s");
  await until("one has stopped it", () => one.screen().includes("✔ web stopped"));
  await until("the other shows it", () => /web +□ stopped/.test(two.screen()));
  one.press("j", "l");
  await until("it shows output", () => one.screen().includes("logs web"));
  one.press("q", "q");
  await until("it has left", () => /left; the services run on[\s\S]*ended with 0/.test(one.screen()));
  expect((await cli.run("status")).code).toBe(0);
  await cli.run("down");
  await until("the other hears of the end", () =>
    /the tree has ended: stopped as asked\s+ended with 0/.test(two.screen()),
  );
});

it("prints lines without a terminal, documents with --json, and exits with 1 when the tree fails", async () => {
  const cli = createCli();
  cli.write("statevisor.config.json", {
    name: "app",
    services: [{ name: "web", command: sleeper("hello"), restart: { maxRetries: 0 } }],
  });
  const up = cli.start("up");
  await up.says(/web │ hello/);
  const plain = cli.start("attach");
  await plain.says("web │ hello");
  up.child.kill("SIGHUP");
  await plain.says("SIGHUP: the config was read again");
  const left = cli.start("attach");
  await left.says("web │ hello");
  left.child.kill("SIGINT");
  expect(await left.ended).toMatchObject({ code: 0 });
  const json = cli.start("attach", "--json");
  await json.says('"type":"look"');
  const [document] = await cli.json("status", "web");
  process.kill((document!.services as { pid: number }[])[0]!.pid, "SIGKILL");
  const ended = await plain.ended;
  expect(ended.stderr).toMatch(/the tree has ended: failed: .*SIGKILL/s);
  expect(ended.code).toBe(1);
  const documents = (await json.ended).stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(documents.at(-1)).toMatchObject({ schemaVersion: 1, type: "ended", kind: "failed" });
  expect((await cli.run("attach")).code).toBe(3);
});
