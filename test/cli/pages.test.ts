// What `up` serves beside the tree: the inspector and the health endpoints; and `inspect`, a recording.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createCli, sleeper, until } from "./support.ts";

const config = { name: "app", services: [{ name: "web", command: sleeper() }] };

it("`up --inspect --health-port` serves the page and the health, and says where", async () => {
  const cli = createCli();
  cli.write("statevisor.config.json", config);
  const up = cli.start("up", "--inspect", "--health-port", "0");
  await up.says(/web ● up/);
  const [, page] = /the inspector is at (http:\/\/127\.0\.0\.1:\d+\/#token=\S+)/.exec(up.stderr)!;
  const html = await (await fetch(page!)).text();
  expect(html).toContain("<!doctype html>");
  const [, health] = /health is at (http:\/\/127\.0\.0\.1:\d+)\/health/.exec(up.stderr)!;
  const ready = await fetch(`${health}/readyz?verbose`);
  expect([ready.status, await ready.text()]).toEqual([200, "ok\n[+] app/web ok\n"]);
  expect((await cli.run("down")).code).toBe(0);
  expect((await up.ended).code).toBe(0);
});

it("`up --inspect=<port>` says when it cannot have the port, and starts nothing", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as { port: number };
  const cli = createCli();
  cli.write("statevisor.config.json", config);
  for (const flag of [`--inspect=${port}`, `--health-port=${port}`]) {
    const { code, stderr } = await cli.run("up", flag);
    expect(code).toBe(2);
    expect(stderr).toContain("EADDRINUSE");
    expect(stderr).not.toContain("● up");
  }
  taken.close();
});

it("`inspect` serves a recording, and refuses any other file", async () => {
  const cli = createCli();
  cli.write("statevisor.config.json", config);
  const up = cli.start("up", "--inspect");
  await up.says(/web ● up/);
  const [, base, token] = /the inspector is at (http:\S+)\/#token=(\S+)/.exec(up.stderr)!;
  const recording = await fetch(`${base}/api/recording`, { headers: { authorization: `Bearer ${token}` } });
  expect(recording.status).toBe(200);
  const file = cli.write("recording.json", await recording.text());
  await cli.run("down");

  const inspect = cli.start("inspect", file);
  await inspect.says(/http:\/\/127\.0\.0\.1:\d+\/#token=\S+/);
  const page = await fetch(inspect.stdout.trim());
  expect(page.status).toBe(200);
  inspect.child.kill("SIGINT");
  expect((await inspect.ended).code).toBe(0);

  for (const content of ["{}", "nonsense"]) {
    const { code, stderr } = await cli.run("inspect", cli.write("none.json", content));
    expect(code).toBe(2);
    expect(stderr).toContain("none.json");
  }
  expect((await cli.run("inspect", "nowhere.json")).code).toBe(2);
});

it("`up --record` writes a recording that survives the death of the command, and `inspect --html` a page of it", async () => {
  const cli = createCli();
  cli.write("statevisor.config.json", {
    name: "app",
    services: [{ name: "talker", command: sleeper("it is up") }],
  });
  const up = cli.start("up", "--record", "run.recording");
  await up.says(/talker │? ?.*it is up/);
  const read = () => readFileSync(join(cli.folder, "run.recording"), "utf8");
  await until("the line is in the recording", () => read().includes("it is up"));
  up.child.kill("SIGKILL");
  await up.ended;
  expect(read()).toMatch(/"kind":"process","incarnation":1,"pid":\d+/);
  expect((await cli.run("inspect", "run.recording", "--html", "run.html")).code).toBe(0);
  const page = readFileSync(join(cli.folder, "run.html"), "utf8");
  expect(page).toContain("<title>app · statevisor");
  expect(page).toContain("it is up");
  expect(page).not.toMatch(/(src|href)="[^d#"]/);
  expect((await cli.run("up", "--record", "no/such/folder")).code).toBe(2);
});
