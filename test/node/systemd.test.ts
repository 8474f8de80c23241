// notifySystemd, with a stand-in for systemd-notify, and once with the real one where it is installed.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSupervisor, type Supervisor } from "../../src/index.ts";
import { notifySystemd } from "../../src/node/index.ts";
import { type RunningProgram, runProgram } from "./programs.ts";
import { fixture, until } from "./support.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "statevisor-test-"));
  // One message a line, its variables sorted as they came.
  writeFileSync(join(folder, "systemd-notify"), `#!/bin/sh\nIFS='|'\necho "$*" >> ${folder}/told\n`, { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The messages so far, without those of the watchdog. */
function told(): string[] {
  return allTold().filter((line) => line !== "WATCHDOG=1");
}

function allTold(): string[] {
  try {
    return readFileSync(join(folder, "told"), "utf8").trimEnd().split("\n");
  } catch {
    return [];
  }
}

async function run(env: NodeJS.ProcessEnv): Promise<RunningProgram & { tell(verb: string): void }> {
  const program = runProgram("notified.mjs", [], {
    PATH: `${folder}${delimiter}${process.env.PATH}`,
    NOTIFY_SOCKET: "/nowhere",
    ...env,
  });
  await program.says("started");
  return Object.assign(program, { tell: (verb: string) => void program.child.stdin!.write(`${verb}\n`) });
}

const told1 = (line: RegExp) => until(`systemd is told ${line}`, () => told().some((one) => line.test(one)));

describe("systemd hears", () => {
  it("READY when the tree is up, its health as it changes, and STOPPING when it stops", async () => {
    const program = await run({});
    await told1(/STATUS=running, healthy\|READY=1/);
    program.tell("ill");
    await told1(/STATUS=running, unhealthy \(app\/web\)/);
    program.tell("stop");
    // One that was still being sent when the tree stopped lets both states go out as one message.
    await told1(/STATUS=stopp(ing|ed).*STOPPING=1/);
    program.child.stdin!.end();
    expect(await program.ended).toBe(0);
    expect(told().at(-1)).toMatch(/^STATUS=stopped/);
    expect(told().findIndex((line) => line.includes("READY=1"))).toBe(
      told().findIndex((line) => line.includes("running")),
    );
  });

  it("that the tree failed, and why, in one line", async () => {
    const program = await run({});
    program.tell("fail");
    await told1(/STATUS=failed: app\/web: .*bad luck/);
    expect(told().some((line) => line.includes("STOPPING=1"))).toBe(true);
    program.child.stdin!.end();
    await program.ended;
  });

  it("that it lives, at twice the rate of its watchdog, while it is not unhealthy", async () => {
    const program = await run({ WATCHDOG_USEC: "40000" });
    const beats = () => allTold().length - told().length;
    await until("it beats", () => beats() > 3);
    program.tell("ill");
    await told1(/running, unhealthy \(/);
    const before = beats();
    program.tell("well");
    await until("it beats again", () => beats() > before + 3);
    program.tell("ill");
    await until("it is ill again", () => told().filter((line) => line.includes("unhealthy (")).length > 1);
    // A few beats may still be on their way; then none comes for ten times the interval.
    let last = { beats: beats(), at: Date.now() };
    await until("it beats no more", () => {
      if (beats() !== last.beats) last = { beats: beats(), at: Date.now() };
      return Date.now() - last.at > 400;
    });
    program.tell("stop");
    program.child.stdin!.end();
    await program.ended;
  });

  // Case W7
  it("that it lives again after it could start no program for a while, with what it had to say meanwhile", async () => {
    const program = await run({ WATCHDOG_USEC: "40000" });
    const beats = () => allTold().length - told().length;
    await until("it beats", () => beats() > 1);
    program.tell("exhaust");
    program.tell("ill");
    await program.says("released");
    await told1(/running, unhealthy \(/);
    program.tell("well");
    const before = beats();
    await until("it beats again", () => beats() > before + 3);
    expect(program.stderr.match(/StatevisorWarning/g)).toHaveLength(1);
    program.tell("stop");
    program.child.stdin!.end();
    expect(await program.ended).toBe(0);
  });

  it("nothing of a watchdog that is for another process", async () => {
    const program = await run({ WATCHDOG_USEC: "10000", WATCHDOG_PID: "1" });
    await told1(/READY=1/);
    program.tell("stop");
    program.child.stdin!.end();
    await program.ended;
    expect(allTold()).toEqual(told());
  });

  it("nothing after the remover", async () => {
    const program = await run({});
    await told1(/READY=1/);
    program.tell("remove");
    program.tell("stop");
    program.child.stdin!.end();
    await program.ended;
    expect(told().some((line) => line.includes("STOPPING"))).toBe(false);
  });

  it("nothing where the program is missing: one warning, and the tree goes on", async () => {
    const program = await run({ PATH: "/nowhere" });
    program.tell("ill");
    program.tell("stop");
    program.child.stdin!.end();
    expect(await program.ended).toBe(0);
    expect(program.stderr.match(/StatevisorWarning: systemd hears nothing: systemd-notify: .*ENOENT/g)).toHaveLength(1);
  });

  it.skipIf(
    spawnSync("systemd-notify", ["--version"]).status !== 0 || spawnSync("python3", ["--version"]).status !== 0,
  )("by the real systemd-notify in one datagram", async () => {
    const socket = join(folder, "notify");
    const receiver = spawn("python3", [fixture("receive-notifications.py"), socket]);
    let received = "";
    receiver.stdout.setEncoding("utf8").on("data", (text) => {
      received += text;
    });
    try {
      await until("it is bound", () => received.includes("bound"));
      const program = await run({ PATH: process.env.PATH, NOTIFY_SOCKET: socket });
      await until("it hears READY", () => /READY=1/.test(received));
      expect(received).toMatch(/STATUS=running, healthy\|READY=1/);
      program.tell("stop");
      program.child.stdin!.end();
      await program.ended;
      expect(received).toMatch(/STOPPING=1/);
    } finally {
      receiver.kill("SIGKILL");
    }
  });
});

it("notifySystemd does nothing outside of systemd", async () => {
  const supervisor = createSupervisor({ name: "app", services: [] });
  const remove = notifySystemd(supervisor);
  await supervisor.start();
  await supervisor.stop();
  remove();
  expect(told()).toEqual([]);
  expect(() => notifySystemd({} as Supervisor)).toThrow(/supervisor must be what createSupervisor returns/);
});
