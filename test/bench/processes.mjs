// node test/bench/processes.mjs [rounds] [main.js]: the command beside PM2, each running 20 trivial processes. Five rounds,
// interleaved; medians. PM2 is installed for the bench alone, in a folder of its own. With the built dist/src/cli/main.js of
// another version, that is measured in the same rounds, as "before".
//
// Both are measured from outside, by looking at the processes of the machine: the time from the command until all run,
// the memory of the supervising process, the time from `kill -9` of a child to its replacement (with the least delay
// that each can be set to), the time until the command that ends all has returned and nothing is left.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPm2 } from "./pm2.mjs";

const main = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));
const count = 20;
const rounds = Number(process.argv[2]) || 5;
const mainBefore = process.argv[3];

const pm2 = installPm2();

/** The path of sleep, which PM2 needs. */
const sleep = ["/usr/bin/sleep", "/bin/sleep"].find((file) => existsSync(file));

/** The pids of the processes `sleep <mark>`. */
function sleepers(mark) {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, "utf8").endsWith(`sleep\0${mark}\0`);
    } catch {
      return false;
    }
  });
}

async function until(holds) {
  for (const end = performance.now() + 60_000; !holds(); ) {
    if (performance.now() > end) throw new Error("it did not come to pass within a minute");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function rssMb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1_024;
}

function statevisor(main, folder, mark) {
  const services = Array.from({ length: count }, (_, i) => ({
    name: `s${i}`,
    command: [sleep, mark],
    restart: { initialBackoffMs: 0, maxRetries: "Infinity" },
  }));
  writeFileSync(join(folder, "statevisor.config.json"), JSON.stringify({ name: "bench", services }));
  const options = { cwd: folder, env: { ...process.env, STATEVISOR_RUNTIME_DIR: folder }, stdio: "ignore" };
  let up;
  return {
    start() {
      up = spawn(process.execPath, [main, "up"], options);
    },
    pid: () => up.pid,
    async end() {
      spawnSync(process.execPath, [main, "down"], options);
      if (up.exitCode === null) await once(up, "exit");
    },
  };
}

const peers = {
  statevisor: (folder, mark) => statevisor(main, folder, mark),
  ...(mainBefore && { before: (folder, mark) => statevisor(mainBefore, folder, mark) }),

  pm2(folder, mark) {
    const apps = Array.from({ length: count }, (_, i) => ({
      name: `s${i}`,
      script: sleep,
      args: mark,
      interpreter: "none",
      restart_delay: 0,
      min_uptime: 0,
    }));
    const file = join(folder, "ecosystem.config.json");
    writeFileSync(file, JSON.stringify({ apps }));
    const options = { cwd: folder, env: { ...process.env, PM2_HOME: join(folder, ".pm2") }, stdio: "ignore" };
    let starting;
    return {
      start() {
        starting = spawn(process.execPath, [pm2, "start", file], options);
      },
      pid: () => Number(readFileSync(join(folder, ".pm2", "pm2.pid"), "utf8")),
      async end() {
        if (starting.exitCode === null) await once(starting, "exit");
        const began = performance.now();
        spawnSync(process.execPath, [pm2, "kill"], options);
        return performance.now() - began;
      },
      /** Waits for the end of PM2's command, which goes on after all are running and would disturb the next measure. */
      settled: () => starting.exitCode !== null || once(starting, "exit"),
    };
  },
};

async function measure(name, mark) {
  const folder = mkdtempSync(join(tmpdir(), "statevisor-bench-"));
  const peer = peers[name](folder, mark);
  try {
    const began = performance.now();
    peer.start();
    await until(() => sleepers(mark).length === count);
    const startMs = performance.now() - began;
    await peer.settled?.();
    const memoryMb = rssMb(peer.pid());

    const replaceMs = [];
    for (let i = 0; i < 5; i++) {
      const before = new Set(sleepers(mark));
      const [victim] = before;
      const killed = performance.now();
      process.kill(Number(victim), "SIGKILL");
      await until(() => sleepers(mark).some((pid) => !before.has(pid)));
      replaceMs.push(performance.now() - killed);
    }

    const asked = performance.now();
    await peer.end();
    await until(() => sleepers(mark).length === 0);
    return { startMs, memoryMb, replaceMs: median(replaceMs), downMs: performance.now() - asked };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

const names = Object.keys(peers);
const results = Object.fromEntries(names.map((name) => [name, []]));
for (let round = 1; round <= rounds; round++) {
  for (const [at, name] of names.entries()) {
    results[name].push(await measure(name, String(80_000 + round * 10 + at)));
  }
}

/** The whole life of a command that does nothing, beside that of Node itself: 20 of each, interleaved. */
function coldStart() {
  const time = (args) => {
    const began = performance.now();
    spawnSync(process.execPath, args, { stdio: "ignore" });
    return performance.now() - began;
  };
  const own = [];
  const node = [];
  for (let i = 0; i < 20; i++) {
    node.push(time(["-e", "0"]));
    own.push(time([main, "--version"]));
  }
  return { versionMs: median(own), nodeMs: median(node) };
}

const rows = [
  ["all running, ms", "startMs"],
  ["memory of the supervisor, MB", "memoryMb"],
  ["kill -9 to replacement, ms", "replaceMs"],
  ["all down, ms", "downMs"],
].map(([what, key]) => {
  const [own, ...others] = names.map((name) => [name, median(results[name].map((result) => result[key]))]);
  return Object.fromEntries([
    [`${count} processes`, what],
    [own[0], own[1].toFixed(1)],
    ...others.flatMap(([name, value]) => [
      [name, value.toFixed(1)],
      [`to ${name}`, (own[1] / value).toFixed(2)],
    ]),
  ]);
});
console.table(rows);
const { versionMs, nodeMs } = coldStart();
console.log(
  `statevisor --version ${versionMs.toFixed(0)} ms, node -e 0 ${nodeMs.toFixed(0)} ms: ratio ${(versionMs / nodeMs).toFixed(2)}`,
);
