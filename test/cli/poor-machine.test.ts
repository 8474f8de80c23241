// A machine that has too little: the command works on a short path, or says in one line what it lacks. Never a stack.

import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Cli, createCli, main } from "./support.ts";

const isRoot = process.getuid?.() === 0;

function createProject(env: NodeJS.ProcessEnv = {}): Cli {
  const cli = createCli(env);
  const services = [{ name: "job", command: ["true"], significant: true }];
  cli.write("statevisor.config.json", { name: "app", services, autoShutdown: "any-significant" });
  return cli;
}

const oneLine = /^statevisor: [^\n]+\n$/;

// Case K12.
describe("`up`", () => {
  it("works whatever the length of XDG_RUNTIME_DIR", async () => {
    const cli = createProject({ STATEVISOR_RUNTIME_DIR: undefined, XDG_RUNTIME_DIR: `/tmp/${"x".repeat(114)}` });
    expect((await cli.run("up")).code).toBe(0);
  });

  it("says in a line that its runtime folder is a link to nowhere", async () => {
    const cli = createProject();
    symlinkSync("/nowhere/at/all", join(cli.folder, ".run"));
    const { code, stderr } = await cli.run("up");
    expect(stderr).toMatch(oneLine);
    expect(stderr).toContain("cannot hold the control socket");
    expect(code).toBe(1);
    expect((await cli.run("status")).code).toBe(3);
  });

  it("says in a line that its config is a link to nowhere", async () => {
    const cli = createProject();
    symlinkSync("/nowhere/at/all", join(cli.folder, "other.yaml"));
    const { code, stderr } = await cli.run("up", "-c", "other.yaml");
    expect(stderr).toMatch(oneLine);
    expect(code).toBe(4);
  });

  it.skipIf(!isRoot)("says in a line that it may not write to its runtime folder", () => {
    const cli = createProject();
    const folder = join(cli.folder, "read-only");
    mkdirSync(folder);
    chownSync(folder, 12345, 12345);
    chmodSync(folder, 0o500);
    chmodSync(cli.folder, 0o755);
    const as = ["--reuid", "12345", "--regid", "12345", "--clear-groups"];
    for (const place of [folder, join(folder, "inside")]) {
      const env = { ...process.env, STATEVISOR_RUNTIME_DIR: place };
      const up = spawnSync("setpriv", [...as, process.execPath, main, "up"], {
        cwd: cli.folder,
        env,
        encoding: "utf8",
      });
      expect(up.stderr).toMatch(oneLine);
      expect(up.stderr).toContain("EACCES");
      expect(up.status).toBe(1);
    }
  });

  it.each([30, 60, 90, 120])("with %d open files works, or says so in a line", (files) => {
    const cli = createProject();
    const env = { ...process.env, STATEVISOR_RUNTIME_DIR: join(cli.folder, ".run") };
    const script = `ulimit -n ${files}; exec "${process.execPath}" "${main}" up`;
    const up = spawnSync("sh", ["-c", script], { cwd: cli.folder, env, encoding: "utf8" });
    if (up.status === 0) expect(up.stderr).toContain("job ✔ completed");
    else expect(up.stderr).toMatch(/^statevisor: EMFILE: too many open files.*`ulimit -n`.*\n$/);
    expect(up.stderr).not.toMatch(/^ +at /m);
    expect([0, 1]).toContain(up.status);
  });
});
