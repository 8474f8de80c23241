// Runs the stack (PostgreSQL, Redis, nginx, an API) by the command for as long as asked, while a nemesis harms it.
//
//   npm run soak -- [--seconds 600] [--seed 1]
//
// Every few seconds one of these happens: a service is killed, or stopped and continued; the guard is killed; the chatter
// floods the output, and nobody reads it; clients connect and say nothing; the config is changed and read again.
// Meanwhile a client asks the API ten times a second and counts the answers. It fails when the command ends by itself,
// when its memory or its descriptors grow, when the stack is not healthy at the end, or when anything is left after it
// has been asked to stop.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { listPids, readOf, residentMB, statOf } from "../support/proc.mjs";
import { createRandom } from "./random.mjs";
import { main } from "./running-tree.mjs";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "600" }, seed: { type: "string", default: "1" } },
});
const seconds = Number(values.seconds);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const config = here("stack.config.ts");
const folder = mkdtempSync(join(tmpdir(), "statevisor-soak-"));
// The user of PostgreSQL must be able to enter it.
chmodSync(folder, 0o755);
const port = 20_000 + (process.pid % 20_000);
const word = `soak-${process.pid}`;
/** What the config gives the chatter, so that each reload replaces it, and nothing else. */
const generation = join(folder, "generation");
writeFileSync(generation, "0");
const env = {
  ...process.env,
  STACK_PORT: String(port),
  STACK_FOLDER: join(folder, "stack"),
  STATEVISOR_RUNTIME_DIR: join(folder, "run"),
  SOAK: word,
  SOAK_GENERATION: generation,
};

const random = createRandom(Number(values.seed));
const pick = (all) => all[Math.floor(random() * all.length)];

const up = spawn(process.execPath, [main, "up", "-c", config, "--health-port", String(port + 9)], {
  env,
  stdio: ["ignore", "pipe", "pipe"],
});
let endedEarly = false;
const ended = once(up, "exit").then(([code, signal]) => code ?? signal);
let said = "";
up.stderr.setEncoding("utf8").on("data", (text) => {
  said = (said + text).slice(-4_000);
});
up.stdout.resume();

function ask(...args) {
  const child = spawn(process.execPath, [main, ...args, "-c", config], { env, stdio: ["ignore", "pipe", "ignore"] });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  return once(child, "close").then(() => stdout);
}

async function services() {
  const text = await ask("status", "--json");
  return text === "" ? [] : JSON.parse(text).tree.services;
}

async function isHealthy() {
  return (await ask("health")).startsWith("healthy");
}

async function until(what, look, deadlineMs) {
  const end = performance.now() + deadlineMs;
  while (performance.now() < end) {
    if (await look()) return true;
    await sleep(200);
  }
  console.log(`not within ${deadlineMs / 1_000} s: ${what}`);
  return false;
}

// The client.

const answers = { asked: 0, good: 0, longestGapMs: 0 };
let lastGoodAt = performance.now();
async function visit() {
  answers.asked++;
  try {
    const signal = AbortSignal.timeout(2_000);
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal, headers: { connection: "close" } });
    await response.arrayBuffer();
    if (response.status !== 200) return;
    answers.good++;
    const now = performance.now();
    answers.longestGapMs = Math.max(answers.longestGapMs, now - lastGoodAt);
    lastGoodAt = now;
  } catch {
    // Counted as asked and not answered.
  }
}

// The nemesis.

const harms = { kill: 0, pause: 0, guard: 0, flood: 0, silence: 0, reload: 0 };
const members = ["postgres", "redis", "nginx", "api", "chatter"];

async function pidOf(name) {
  return (await services()).find((service) => service.name === name)?.pid ?? null;
}

function send(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

const deeds = {
  async kill() {
    const pid = await pidOf(pick(members));
    if (pid !== null) send(pid, "SIGKILL");
  },
  async pause() {
    const pid = await pidOf(pick(members));
    if (pid === null) return;
    send(pid, "SIGSTOP");
    await sleep(500 + random() * 3_000);
    send(pid, "SIGCONT");
  },
  async guard() {
    const guard = listPids().find(
      (pid) => statOf(pid)?.parent === up.pid && readOf(pid, "cmdline").includes("statevisor-guard"),
    );
    if (guard !== undefined) send(guard, "SIGKILL");
  },
  async flood() {
    const pid = await pidOf("chatter");
    up.stdout.pause();
    if (pid !== null) send(pid, "SIGUSR2");
    await sleep(4_000);
    up.stdout.resume();
  },
  async silence() {
    const sockets = Array.from({ length: 100 }, () => connect(port + 9, "127.0.0.1").on("error", () => {}));
    await sleep(2_000);
    for (const socket of sockets) socket.destroy();
  },
  async reload() {
    writeFileSync(generation, String(harms.reload));
    await ask("reload");
  },
};

// The measures.

const samples = [];
function sample() {
  const descriptors = readdirSync(`/proc/${up.pid}/fd`).length;
  samples.push({ residentMB: residentMB(up.pid), descriptors });
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

/** The median of the last quarter beside that of the first. */
function growthOf(member) {
  const quarter = Math.ceil(samples.length / 4);
  const [first, last] = [samples.slice(0, quarter), samples.slice(-quarter)].map((part) =>
    median(part.map((one) => one[member])),
  );
  return { first, last };
}

const problems = [];
if (!(await until("the stack is healthy", isHealthy, 90_000))) problems.push("it never came up");
ended.then(() => {
  endedEarly = true;
});
lastGoodAt = performance.now();
const client = setInterval(visit, 100);
const sampler = setInterval(() => endedEarly || sample(), 1_000);
const end = performance.now() + seconds * 1_000;
while (performance.now() < end && !endedEarly && problems.length === 0) {
  const name = pick(Object.keys(deeds));
  harms[name]++;
  await deeds[name]();
  await sleep(1_000 + random() * 4_000);
}
if (endedEarly) problems.push(`the command has ended by itself:\n${said}`);
if (!endedEarly && !(await until("the stack is healthy again", isHealthy, 60_000))) problems.push("it did not recover");
clearInterval(client);
clearInterval(sampler);
const restarts = endedEarly ? [] : (await services()).map(({ name, restarts }) => `${name} ${restarts}`);

const askedAt = performance.now();
send(up.pid, "SIGTERM");
const code = await Promise.race([ended, sleep(40_000).then(() => "nothing within 40 s")]);
const stopMs = performance.now() - askedAt;
if (code !== 0) problems.push(`asked to stop, it ended with ${code}`);
const left = listPids().filter((pid) => pid !== process.pid && readOf(pid, "environ").includes(word));
if (left.length > 0) problems.push(`${left.length} processes are left`);
for (const pid of left) send(pid, "SIGKILL");
rmSync(folder, { recursive: true, force: true, maxRetries: 5 });

const memory = growthOf("residentMB");
const descriptors = growthOf("descriptors");
if (memory.last - memory.first > 40) problems.push("its memory grows");
if (descriptors.last - descriptors.first > 20) problems.push("its descriptors grow");
const availability = (100 * answers.good) / Math.max(1, answers.asked);

console.log(
  `${seconds} s; harms: ${Object.entries(harms)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ")}`,
);
console.log(
  `availability ${availability.toFixed(1)} % of ${answers.asked} requests; longest gap ${Math.round(answers.longestGapMs)} ms`,
);
console.log(`restarts: ${restarts.join(", ")}`);
console.log(
  `resident memory of the command, first and last quarter: ${memory.first.toFixed(0)} and ${memory.last.toFixed(0)} MB`,
);
console.log(
  `descriptors: ${descriptors.first} and ${descriptors.last}; stopped in ${Math.round(stopMs)} ms; left: ${left.length}`,
);
for (const problem of problems) console.log(`PROBLEM: ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
