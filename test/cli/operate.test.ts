// What fits the command into the shell and into systemd: completion, unit, notification.

import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { createCli, main, until } from "./support.ts";

const services = [
  { name: "api", command: ["sleep", "1000"] },
  { name: "pool", services: [{ name: "worker", command: ["sleep", "1000"] }] },
];

describe("completion", () => {
  it("of bash knows verbs, flags and the services of the config", async () => {
    const cli = createCli();
    cli.write("statevisor.config.json", { name: "app", services });
    const { stdout: script } = await cli.run("completion", "bash");
    const complete = (...words: string[]) => {
      const typed = ["statevisor", ...words].map((word) => `'${word}'`).join(" ");
      const program = `statevisor() { '${process.execPath}' '${main}' "$@"; }
${script}
COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _statevisor; printf '%s\n' "\${COMPREPLY[@]}"`;
      const { stdout, stderr } = spawnSync("bash", ["-c", program], { cwd: cli.folder, encoding: "utf8" });
      expect(stderr).toBe("");
      return stdout.trim().split("\n").toSorted();
    };
    expect(complete("re")).toEqual(["reload", "restart"]);
    expect(complete("restart", "")).toContain("pool/worker");
    expect(complete("restart", "a")).toEqual(["api"]);
    expect(complete("restart", "--r")).toEqual(["--rolling"]);
    expect(complete("down", "a")).toEqual([""]);
  });

  it("is there for zsh and fish, and for no other shell", async () => {
    const cli = createCli();
    expect((await cli.run("completion", "zsh")).stdout).toMatch(/^#compdef statevisor\n/);
    expect((await cli.run("completion", "fish")).stdout).toContain(
      "complete -c statevisor -n __fish_use_subcommand -a up",
    );
    expect(await cli.run("completion", "csh")).toMatchObject({ code: 2, stdout: "" });
    expect(await cli.run("completion", "--services")).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });
});

describe("unit", () => {
  it("prints a unit that systemd accepts, with the deadlines of the tree", async () => {
    const cli = createCli();
    mkdirSync(join(cli.folder, "a 100% b"));
    const slow = { name: "slow", command: ["sleep", "1000"], stopTimeoutMs: 60_000 };
    const after = { name: "after", command: ["sleep", "1000"], dependsOn: ["slow"], restart: { maxBackoffMs: 90_000 } };
    cli.write("a 100% b/statevisor.config.json", { name: "app", services: [slow, after] });
    const { code, stdout, stderr } = await cli.run("unit", "-c", "a 100% b/statevisor.config.json");
    expect(code).toBe(0);
    expect(stdout).toContain(`WorkingDirectory=${cli.folder}/a 100%% b\n`);
    expect(stdout).toContain(`up -c "${cli.folder}/a 100%% b/statevisor.config.json"\n`);
    expect(stdout).toContain("TimeoutStopSec=75\n");
    expect(stdout).toContain("WatchdogSec=270\n");
    expect(stderr).toContain("systemctl enable --now app.service");
    cli.write("app.service", stdout);
    const verified = spawnSync("systemd-analyze", ["verify", "./app.service"], { cwd: cli.folder, encoding: "utf8" });
    expect(verified).toMatchObject({ status: 0, stderr: "" });
    const user = await cli.run("unit", "-c", "a 100% b/statevisor.config.json", "--user");
    expect(user.stdout).toContain("WantedBy=default.target\n");
  });
});

it("up tells systemd when the tree is up and that it stops, and keeps the socket from the services", async () => {
  const tools = createCli();
  const told = () => readFileSync(join(tools.folder, "told"), { encoding: "utf8", flag: "a+" }).split("\n");
  const notify = tools.write("systemd-notify", `#!/bin/sh\nIFS='|'\necho "$*" >> ${tools.folder}/told\n`);
  chmodSync(notify, 0o755);
  const cli = createCli({ NOTIFY_SOCKET: "/nowhere", PATH: `${tools.folder}${delimiter}${process.env.PATH}` });
  const program = "console.log('socket', process.env.NOTIFY_SOCKET); setInterval(() => {}, 1000)";
  const api = { name: "api", command: [process.execPath, "-e", program] };
  cli.write("statevisor.config.json", { name: "app", services: [api] });
  const up = cli.start("up");
  await until("systemd is told", () => told().some((line) => /STATUS=running, healthy.*READY=1/.test(line)));
  await up.says("socket undefined");
  up.child.kill("SIGTERM");
  expect((await up.ended).code).toBe(0);
  expect(told().some((line) => line.includes("STOPPING=1"))).toBe(true);
});
