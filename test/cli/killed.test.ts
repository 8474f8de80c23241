// `up` after a run that was killed: nothing of the old run lives beside the new one.

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findByEnvironment, findProcesses, statOf } from "../support/processes.ts";
import { createCli, until } from "./support.ts";

/** A project with one service that ignores SIGTERM, and carries a word in its environment. */
async function runDeaf() {
  const cli = createCli();
  const word = `LEFT_BEHIND=${cli.folder}`;
  const command = ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"];
  const service = {
    name: "deaf",
    command,
    env: { LEFT_BEHIND: cli.folder },
    readyOn: { line: "up" },
    stopTimeoutMs: 300,
  };
  cli.write("statevisor.config.json", { name: "app", services: [service] });
  const up = cli.start("up");
  // A child of the shell looks like it until it is another program.
  const shells = () => {
    const alike = findByEnvironment(word).filter((pid) => findProcesses("trap '' TERM").includes(pid));
    return alike.filter((pid) => !alike.includes(statOf(pid)?.parent ?? 0));
  };
  const [old] = await until("it runs", () => shells().length === 1 && shells());
  const guard = findProcesses("statevisor-guard").find((pid) => statOf(pid)?.parent === up.child.pid)!;
  return { cli, up, old: old!, guard, shells };
}

// Case H5.
it("waits for the guard of the old run, and sweeps what that of another project left", async () => {
  const { cli, up, old, guard, shells } = await runDeaf();
  const left = join(cli.folder, ".run", `${"0".repeat(16)}.json`);
  writeFileSync(left, JSON.stringify({ pid: 1, file: "/gone/statevisor.config.json", startedAt: 1, marks: [] }));
  // The guard would be done before the next run begins where that takes long.
  process.kill(guard, "SIGSTOP");
  up.child.kill("SIGKILL");
  const again = cli.start("up");
  await again.says("was killed; its guard is ending");
  process.kill(guard, "SIGCONT");
  const both: number[][] = [];
  await until("the new one runs", () => {
    const now = shells();
    if (now.length > 1) both.push(now);
    return now.length === 1 && now[0] !== old;
  });
  expect(both).toEqual([]);
  expect(existsSync(left)).toBe(false);
  again.child.kill("SIGTERM");
  expect((await again.ended).code).toBe(0);
});

// Case H13.
describe.for([
  ["stopped", "SIGSTOP"],
  ["killed", "SIGKILL"],
] as const)("when the guard was %s", ([, signal]) => {
  it("ends what the old run left behind", async () => {
    const { cli, up, old, guard, shells } = await runDeaf();
    // So that it makes no other guard.
    up.child.kill("SIGSTOP");
    process.kill(guard, signal);
    up.child.kill("SIGKILL");
    const again = cli.start("up");
    await again.says("the guard did not; killed:");
    await until("the new one runs alone", () => shells().length === 1 && shells()[0] !== old);
    await until("the old guard is gone", () => statOf(guard) === null || statOf(guard)!.state === "Z");
    again.child.kill("SIGTERM");
    expect((await again.ended).code).toBe(0);
  });
});
