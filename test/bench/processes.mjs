// node test/bench/processes.mjs: the command beside PM2, each running 20 trivial processes. Five rounds, interleaved;
// medians. PM2 is installed for the bench alone, in a folder of its own.
//
// Both are measured from outside, by looking at the processes of the machine: the time from the command until all run,
// the memory of the supervising process, the time from `kill -9` of a child to its replacement (with the least delay
// that each can be set to), the time until the command that ends all has returned and nothing is left.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const main = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));
const count = 20;
const rounds = Number(process.argv[2]) || 5;

const pm2Folder = join(here, "node_modules", ".pm2");
const pm2 = join(pm2Folder, "node_modules", "pm2", "bin", "pm2");
if (!existsSync(pm2)) {
  console.error("installing PM2 (for the bench alone)");
  mkdirSync(pm2Folder, { recursive: true });
  writeFileSync(join(pm2Folder, "package.json"), '{ "private": true }');
  execFileSync("npm", ["install", "--prefix", pm2Folder, "--no-audit", "--no-fund", "pm2"], { stdio: "inherit" });
}

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

const peers = {
  statevisor(folder, mark) {
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
  },

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

const results = { statevisor: [], pm2: [] };
for (let round = 1; round <= rounds; round++) {
  for (const name of Object.keys(peers)) {
    results[name].push(await measure(name, String(80_000 + round * 10 + (name === "pm2" ? 1 : 0))));
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
  const [own, other] = ["statevisor", "pm2"].map((name) => median(results[name].map((result) => result[key])));
  return {
    [`${count} processes`]: what,
    statevisor: own.toFixed(1),
    pm2: other.toFixed(1),
    ratio: (own / other).toFixed(2),
  };
});
console.table(rows);
const { versionMs, nodeMs } = coldStart();
console.log(
  `statevisor --version ${versionMs.toFixed(0)} ms, node -e 0 ${nodeMs.toFixed(0)} ms: ratio ${(versionMs / nodeMs).toFixed(2)}`,
);
