// `statevisor up --detach`, and the log files of services.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { isAlive } from "../support/processes.ts";
import { type Cli, createCli, node, sleeper, until } from "./support.ts";

const projects: Cli[] = [];
afterEach(async () => {
  for (const project of projects.splice(0)) await project.run("down");
});

/** What is left of its tree in the background is stopped after the test. */
function createProject(services: object[]) {
  const cli = createCli();
  const config = (fields: object) => cli.write("statevisor.config.json", { name: "app", ...fields });
  config({ services });
  projects.push(cli);
  const logFolder = () => {
    const state = join(cli.folder, ".state");
    return join(state, readdirSync(state)[0]!);
  };
  return { ...cli, config, logOf: (name: string) => readFileSync(join(logFolder(), name), "utf8") };
}

const pidIn = (text: string) => Number(/pid (\d+)/.exec(text)?.[1]);

it("returns when the tree is up, which goes on in the background and writes to files", async () => {
  const project = createProject([
    { name: "api", command: ["sh", "-c", "echo ready; echo oh >&2; exec sleep 1000"], readyOn: { line: "ready" } },
  ]);
  const begun = await project.run("up", "--detach");
  expect(begun).toMatchObject({ code: 0, stderr: "" });
  expect(begun.stdout).toMatch(/^✔ app is up, pid \d+ \(`statevisor status` shows it/);
  const [status] = await project.json("status");
  expect(status).toMatchObject({ pid: pidIn(begun.stdout), tree: { state: "running" } });
  const stamp = "\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z";
  await until("the output is in its file", () => project.logOf("app.api.log").split("\n").length === 3);
  expect(project.logOf("app.api.log")).toMatch(new RegExp(`^${stamp} (ready\n${stamp} ! oh|! oh\n${stamp} ready)\n$`));
  const again = await project.run("up", "--detach");
  expect(again.code).toBe(2);
  expect(again.stderr).toContain(`this project is running already`);
  expect((await project.run("down")).code).toBe(0);
  expect(isAlive(pidIn(begun.stdout))).toBe(false);
  expect(project.logOf("up.log")).toMatch(/^\d{4}-\d\d-\d\d [\d:]+ api ● up/);
  expect(project.logOf("up.log")).toContain("stopped as asked");
});

it("returns with the reason when the tree fails, and with --no-wait when it has begun", async () => {
  const bad = {
    name: "bad",
    command: node("throw new Error('no such table')"),
    restart: { maxRetries: 0 },
    readyOn: "signal",
  };
  const project = createProject([bad]);
  const failed = await project.run("up", "-d");
  expect(failed).toMatchObject({ code: 1, stdout: "" });
  expect(failed.stderr).toContain("statevisor: it is not up: app: start failed");
  expect(failed.stderr).toContain("no such table");
  project.write("statevisor.config.json", "{");
  const wrong = await project.run("up", "-d");
  expect(wrong.code).toBe(4);
  expect(wrong.stderr).toContain("the config is not valid");
  project.config({ services: [{ name: "slow", command: sleeper(), readyOn: { line: "never" } }] });
  const begun = await project.run("up", "-d", "--no-wait");
  expect(begun.stdout).toMatch(/^✔ app has begun/);
  expect((await project.run("wait", "--timeout", "50ms")).code).toBe(124);
});

it("`log` names files, which are rotated, for one service or for all", async () => {
  const chatty = "let n = 0; setInterval(() => console.log('line', ++n), 1)";
  const project = createProject([]);
  project.config({
    log: { file: "logs/all.log" },
    services: [
      { name: "chatty", command: node(chatty), log: { file: "logs/chatty.log", maxSize: "2KB", keep: 2 } },
      { name: "quiet", command: sleeper("quiet") },
    ],
  });
  const up = project.start("up");
  const file = (name: string) => join(project.folder, "logs", name);
  await until("it was rotated twice", () => existsSync(file("chatty.log.2")));
  const all = () => (existsSync(file("all.log")) ? readFileSync(file("all.log"), "utf8") : "");
  await until("the other one has begun", () => all().includes("quiet"));
  up.child.kill("SIGTERM");
  expect((await up.ended).code).toBe(0);
  expect(readdirSync(join(project.folder, "logs")).toSorted()).toEqual([
    "all.log",
    "chatty.log",
    "chatty.log.1",
    "chatty.log.2",
  ]);
  expect(all()).toMatch(/^\S+Z quiet quiet\n$/);
  // The newest file may be empty still.
  const last = readFileSync(file("chatty.log.2"), "utf8").trim().split("\n").at(-1);
  const [next] = readFileSync(file("chatty.log.1"), "utf8").split("\n");
  const numberIn = (line: string) => Number(/line (\d+)$/.exec(line)![1]);
  expect(numberIn(next!)).toBe(numberIn(last!) + 1);
});
