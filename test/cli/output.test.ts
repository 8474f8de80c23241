// The output of `up` is bounded and never blocks: a reader that does not read, a paused terminal, a flood without lines.

// Cases K5, K6 and H9.

import { spawn, spawnSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { hasOpened, residentMB } from "../support/proc.mjs";
import { createCli, main, node, until } from "./support.ts";
import { createTerminal, hasTmux } from "./tmux.ts";

/** Writes 20 MB of lines a second, or less when less is taken. */
const flood = node(
  "const text = ('x'.repeat(199) + '\\n').repeat(5_000); const go = () => process.stdout.write(text, () => setTimeout(go, 50)); go()",
);

/**
 * How much the resident memory of a process grows within three seconds, once V8 has grown its young generation: Node 24
 * takes 60 MB for that in the first seconds, and then none. What leaks grows in every window.
 */
async function growthOf(pid: number): Promise<number> {
  await sleep(2_000);
  let growth = Number.POSITIVE_INFINITY;
  for (let window = 0; window < 6 && growth >= mostGrowthMB; window++) {
    const before = residentMB(pid);
    await sleep(3_000);
    growth = residentMB(pid) - before;
  }
  return growth;
}

const mostGrowthMB = 40;

it.each([
  [],
  ["--json"],
])("a pipe whose reader does not read costs no memory, and is told what it missed (%j)", async (...flags) => {
  const cli = createCli();
  cli.write("statevisor.config.json", { name: "app", services: [{ name: "chatty", command: flood }] });
  const fifo = join(cli.folder, "fifo");
  spawnSync("mkfifo", [fifo]);
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(fifo, constants.O_WRONLY);
  const env = { ...process.env, STATEVISOR_RUNTIME_DIR: join(cli.folder, ".run") };
  const up = spawn(process.execPath, [main, "up", ...flags], {
    cwd: cli.folder,
    env,
    stdio: ["ignore", writer, "ignore"],
  });
  closeSync(writer);
  onTestFinished(() => void up.kill("SIGKILL"));
  await until("it runs", async () => (await cli.run("status")).code === 0);
  expect(await growthOf(up.pid!)).toBeLessThan(mostGrowthMB);

  // Supervision is as prompt as without it.
  const asked = Date.now();
  expect((await cli.run("status")).code).toBe(0);
  expect(Date.now() - asked).toBeLessThan(5_000);
  const text = await readAll(fifo, reader, () => up.kill("SIGTERM"));
  expect(text).toMatch(
    flags.length > 0 ? /"type":"dropped","time":\d+,"count":\d+/ : /… \d+ lines left out: they came faster/,
  );
  for (const line of text.split("\n").slice(1, 200)) if (flags.length > 0) JSON.parse(line);
  await until("it has ended", () => up.exitCode !== null);
  expect(up.exitCode).toBe(0);
});

/** Everything that comes out of a pipe until its writer is gone, after one second with `act`. */
async function readAll(fifo: string, reader: number, act: () => void): Promise<string> {
  const cat = spawn("cat", [fifo], { stdio: ["ignore", "pipe", "ignore"] });
  // A pipe without any reader, for a moment, would be a reader that has gone.
  await until("cat has opened it", () => hasOpened(cat.pid!, fifo));
  closeSync(reader);
  let text = "";
  cat.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    if (text.length < 5_000_000 || chunk.includes("left out") || chunk.includes("dropped")) text += chunk;
  });
  await sleep(1_000);
  act();
  await new Promise((resolve) => cat.once("close", resolve));
  return text;
}

it.skipIf(!hasTmux && !process.env.CI)("a paused terminal holds up neither supervision nor a stop", async () => {
  const cli = createCli();
  cli.write("statevisor.config.json", {
    name: "app",
    services: [
      { name: "chatty", command: flood },
      {
        name: "crashing",
        command: node("setTimeout(() => process.exit(3), 1000)"),
        critical: false,
        restart: { initialBackoffMs: 50, maxRetries: "Infinity" },
      },
    ],
  });
  // What the terminal has taken when `up` ends may end within a line, or within a colour: 030 leaves the colour.
  const up = `${process.execPath} ${main} up; code=$?; printf "\\030\\nended with $code\\n"; sleep 60`;
  const terminal = createTerminal(up, cli.folder);
  await until("it runs", async () => (await cli.run("status")).code === 0);
  terminal.pause();
  const [before] = await cli.json("status");
  expect(await growthOf(before!.pid as number)).toBeLessThan(mostGrowthMB);
  const [after] = await cli.json("status", "crashing");
  const restarts = (document: Record<string, unknown>) =>
    (document.tree as { services: { restarts: number }[] }).services[1]!.restarts;
  expect(restarts(after!) - restarts(before!)).toBeGreaterThanOrEqual(3);
  process.kill(before!.pid as number, "SIGTERM");
  await until("the tree has ended", async () => (await cli.run("status")).code === 3);
  terminal.resume();
  await expect.poll(terminal.screen).toContain("ended with 0");
});

it("code in this process that writes without an end of line costs no memory", async () => {
  const cli = createCli();
  cli.write(
    "statevisor.config.mjs",
    `const text = "x".repeat(5_000_000);
     const run = async ({ signal }) => {
       while (!signal.aborted) { process.stdout.write(text); await new Promise(setImmediate); }
     };
     export default { name: "app", services: [{ name: "flood", run }] };`,
  );
  const env = { ...process.env, STATEVISOR_RUNTIME_DIR: join(cli.folder, ".run") };
  const up = spawn(process.execPath, [main, "up"], { cwd: cli.folder, env, stdio: "ignore" });
  onTestFinished(() => void up.kill("SIGKILL"));
  await until("it runs", async () => (await cli.run("status")).code === 0);
  expect(await growthOf(up.pid!)).toBeLessThan(100);
  up.kill("SIGTERM");
  await until("it has ended", () => up.exitCode !== null);
  expect(up.exitCode).toBe(0);
});

it("a slow reader of another verb gets all of it", async () => {
  const cli = createCli();
  const services = Array.from({ length: 400 }, (_, i) => ({ name: `service-${i}`, command: ["true"] }));
  cli.write("statevisor.config.json", { name: "app", services });
  const slow = spawnSync("sh", ["-c", `"${process.execPath}" "${main}" check --json | (sleep 1; cat)`], {
    cwd: cli.folder,
    encoding: "utf8",
    maxBuffer: 10_000_000,
  });
  expect(slow.stdout.length).toBeGreaterThan(100_000);
  expect(JSON.parse(slow.stdout)).toMatchObject({ tree: { name: "app" } });
});
