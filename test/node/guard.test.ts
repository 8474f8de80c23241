// The guard: what it ends when the process that it guards is gone, and what cannot get rid of it.

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { nodeGuard, shellGuard } from "../../src/node/guard-programs.ts";
import { findByEnvironment } from "../support/processes.ts";
import { guardOf, runProgram } from "./programs.ts";
import { isAlive, sh, until } from "./support.ts";
import { temporaryFolder } from "./temporary-folder.ts";

function pidsOf(stdout: string): number[] {
  return stdout
    .split("\n")
    .filter((line) => /^\d+$/.test(line))
    .map(Number);
}

function ignoresTerm(pid: number): boolean {
  const ignored = /SigIgn:\t(\S+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]!;
  return (BigInt(`0x${ignored}`) & (1n << 14n)) !== 0n;
}

/** An environment in which the tenths of a second that guards wait are counted, and each of them takes `ms`. */
function countWaits(ms = 100) {
  const folder = temporaryFolder();
  const count = join(folder, "count");
  writeFileSync(count, "");
  const shell = `#!/bin/sh\n[ "$1" != 0.1 ] || echo >>${count}\nPATH=\${PATH#*:}\n[ "$1" != 0.1 ] || exec sleep ${ms / 1000}\nexec sleep "$@"\n`;
  writeFileSync(join(folder, "sleep"), shell, { mode: 0o755 });
  const node = `
    const wait = setTimeout;
    globalThis.setTimeout = (then, ms) => {
      if (ms !== 100) return wait(then, ms);
      require("fs").appendFileSync(${JSON.stringify(count)}, "\\n");
      return wait(then, ${ms});
    };`;
  writeFileSync(join(folder, "count.cjs"), node);
  return {
    env: { PATH: `${folder}:${process.env.PATH}`, NODE_OPTIONS: `--require ${join(folder, "count.cjs")}` },
    waits: () => readFileSync(count, "utf8").length,
  };
}

describe("when the supervising process is killed with SIGKILL", () => {
  it("its processes are ended, those that ignore SIGTERM and those they have spawned included", async () => {
    const program = runProgram("supervise.mjs");
    await program.says("ready");
    // Either of the two that ignore SIGTERM makes their service ready.
    await until("all have printed their pid", () => pidsOf(program.stdout).length === 3);
    const pids = pidsOf(program.stdout);
    expect(pids.filter(isAlive)).toEqual(pids);
    const guard = guardOf(program.pid)!;
    process.kill(program.pid, "SIGKILL");
    await until("all are gone", () => [...pids, guard].filter(isAlive).length === 0);
  });

  it("and the guard was killed before, its replacement does it", async () => {
    const program = runProgram("supervise.mjs");
    await program.says("ready");
    const pids = pidsOf(program.stdout);
    for (let times = 0; times < 2; times++) {
      const guard = await until("there is a guard", () => guardOf(program.pid));
      process.kill(guard, "SIGKILL");
      await until("there is another one", () => ![guard, undefined].includes(guardOf(program.pid)));
    }
    process.kill(program.pid, "SIGKILL");
    await until("all are gone", () => pids.filter(isAlive).length === 0);
  });
});

// Case H1.
it("a program that is killed by its own service leaves nothing behind, not even what has left its group", async () => {
  const word = `LEFT_BEHIND=guard-${process.pid}`;
  const program = runProgram("kill-parent.mjs", [word.slice("LEFT_BEHIND=".length)]);
  expect(await program.ended).toBe("SIGKILL");
  expect(findByEnvironment(word).length).toBeGreaterThan(0);
  await until("all are gone", () => findByEnvironment(word).length === 0);
});

describe("the guard of a process that ends by itself", () => {
  it("does not keep it alive, and goes with it", async () => {
    const counted = countWaits();
    const program = runProgram("supervise.mjs", [], { PATH: counted.env.PATH });
    await program.says("ready");
    const guard = guardOf(program.pid)!;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.kill(guard, signal);
    program.child.stdin!.end();
    expect(await program.ended).toBe(0);
    expect(pidsOf(program.stdout).filter(isAlive)).toEqual([]);
    await until("it is gone", () => !isAlive(guard));
    // It was told that nothing is being spawned; a guard that was not waits nine times.
    expect(counted.waits()).toBeLessThan(9);
  });

  it("ends what process.exit() leaves running", async () => {
    const program = runProgram("exit-at-once.mjs");
    expect(await program.ended).toBe(3);
    const pids = pidsOf(program.stdout);
    expect(pids).toHaveLength(1);
    await until("all are gone", () => pids.filter(isAlive).length === 0);
  });
});

describe.for([
  ["shell", shellGuard, 3_000],
  ["Node", nodeGuard, 80_000],
] as const)("the guard program for the %s", ([, { file, args, env }, maxKiB]) => {
  const started: ChildProcess[] = [];
  afterEach(() => {
    for (const child of started.splice(0))
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  });

  function run(groups = "", more: Readonly<Record<string, string>> = {}): ChildProcess {
    const all = { PATH: process.env.PATH, STATEVISOR_GROUPS: groups, ...env, ...more };
    const child = spawn(file, args, { env: all, stdio: ["pipe", "ignore", "ignore"] });
    started.push(child);
    return child;
  }

  function startGroup(script: string): ChildProcess {
    const [shell, ...rest] = sh(script);
    const child = spawn(shell, rest, { detached: true, stdio: "ignore" });
    started.push(child);
    return child;
  }

  const endOf = (child: ChildProcess) => child.signalCode ?? child.exitCode;

  it("ends the groups that are left when its input ends: each by its signal, and those that ignore that by SIGKILL", async () => {
    const [polite, deaf, forgotten] = [
      startGroup("exec sleep 1000"),
      startGroup("trap '' TERM; while :; do sleep 1; done"),
      startGroup("exec sleep 1000"),
    ];
    await until("the deaf one is deaf", () => ignoresTerm(deaf.pid!));
    const guard = run();
    guard.stdin!.write(`+ ${polite.pid} INT\n+ ${forgotten.pid} TERM\n+ ${deaf.pid} TERM\n- ${forgotten.pid}\n`);
    guard.stdin!.end();
    await until("it is done", () => endOf(guard) !== null && endOf(deaf) !== null);
    expect([polite, deaf, forgotten].map(endOf)).toEqual(["SIGINT", "SIGKILL", null]);
  });

  it("knows the groups that there are from its first moment, and forgets them as any other", async () => {
    const [first, second, gone] = [1, 2, 3].map(() => startGroup("exec sleep 1000"));
    const guard = run([first, second, gone].map((group) => `${group!.pid}:INT`).join(" "));
    guard.stdin!.end(`- ${gone!.pid}\n`);
    await until("it is done", () => endOf(guard) !== null);
    expect([first, second, gone].map((group) => endOf(group!))).toEqual(["SIGINT", "SIGINT", null]);
  });

  it("ends what carries the mark and was never told to it: by SIGTERM, and by SIGKILL what ignores that", async () => {
    const mark = `mark-${process.pid}`;
    const startMarked = (script: string) => {
      const [shell, ...rest] = sh(script);
      const marked = { PATH: process.env.PATH, STATEVISOR_MARK: mark };
      const child = spawn(shell, rest, { detached: true, stdio: "ignore", env: marked });
      started.push(child);
      return child;
    };
    const [polite, deaf, other] = [
      startMarked("exec sleep 1000"),
      startMarked("trap '' TERM; while :; do sleep 1; done"),
      startGroup("exec sleep 1000"),
    ];
    await until("the deaf one is deaf", () => ignoresTerm(deaf.pid!));
    const guard = run("", { STATEVISOR_GUARDS: mark });
    guard.stdin!.end();
    await until("it is done", () => endOf(guard) !== null && endOf(deaf) !== null);
    expect([polite, deaf, other].map(endOf)).toEqual(["SIGTERM", "SIGKILL", null]);
  });

  it.for([
    ["killed", "", 9],
    ["over by itself", ".\n", 1],
  ] as const)("waits for what is being spawned when the program is %s (%j): %i times", async ([, word, waits]) => {
    const counted = countWaits();
    const guard = run("", counted.env);
    guard.stdin!.end(word);
    await until("it is done", () => endOf(guard) !== null);
    expect(counted.waits()).toBe(waits);
  });

  it("kills after two seconds, though each look takes long on a busy machine", async () => {
    const deaf = startGroup("trap '' TERM; while :; do sleep 1; done");
    await until("the deaf one is deaf", () => ignoresTerm(deaf.pid!));
    const slow = countWaits(700);
    const guard = run(`${deaf.pid}:TERM`, slow.env);
    guard.stdin!.end();
    await until("it is killed", () => endOf(deaf) !== null);
    expect(endOf(deaf)).toBe("SIGKILL");
    expect(slow.waits()).toBeLessThan(6);
  });

  it("is deaf to what a terminal sends, and small", async () => {
    const group = startGroup("exec sleep 1000");
    const guard = run();
    // It is ready for signals once it reads: a group that it ends is the proof.
    guard.stdin!.write(`+ ${group.pid} TERM\n`);
    await until("it ignores or handles them", () => {
      const status = readFileSync(`/proc/${guard.pid}/status`, "utf8");
      const masks = ["SigIgn", "SigCgt"].map((name) => BigInt(`0x${new RegExp(`${name}:\\t(\\S+)`).exec(status)![1]}`));
      return [1n, 2n, 3n, 15n].every((signal) => ((masks[0]! | masks[1]!) & (1n << (signal - 1n))) !== 0n);
    });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) guard.kill(signal);
    const residentKiB = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${guard.pid}/status`, "utf8"))![1]);

    expect(residentKiB).toBeLessThan(maxKiB);
    guard.stdin!.end();
    await until("it is done", () => endOf(guard) !== null);
    expect([endOf(guard), endOf(group)]).toEqual([0, "SIGTERM"]);
  });
});
