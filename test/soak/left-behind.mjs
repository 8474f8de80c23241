// Kills `statevisor up` with SIGKILL at random moments, and counts what is left of its services 5 seconds later.
//
//   node test/soak/left-behind.mjs [--rounds 1000] [--beside 6] [--seed 1]
//
// A round runs a tree of up to 40 services: some ignore SIGTERM, some have children of their own, some have children that
// leave their group, and in some rounds one kills `up` as the first thing that it does. Each service carries a word of its
// round in its environment, and so does all that it starts: that is how what is left is counted. It fails when anything is.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { isAlive, listPids, readOf } from "../support/proc.mjs";
import { createRandom } from "./random.mjs";
import { main } from "./running-tree.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "1000" },
    beside: { type: "string", default: "6" },
    seed: { type: "string", default: "1" },
  },
});
const rounds = Number(values.rounds);
const graceMs = 5_000;
/** Nothing for this long, with the guard gone, is nothing. */
const quietMs = 500;

/** The kinds of services: what a shell runs. */
const kinds = {
  plain: "exec sleep 1000",
  deaf: "trap '' TERM INT; while :; do sleep 1; done",
  family: "sleep 1000 & sleep 1000 & (sleep 1000 & wait) & wait",
  leaver: "setsid sleep 1000 & exec sleep 1000",
  brief: "sleep 0.05",
};
const killer = "kill -9 $PPID; exec sleep 1000";

function pidsWith(word) {
  return listPids().filter((pid) => readOf(pid, "environ").includes(word));
}

function commandOf(pid) {
  return readOf(pid, "cmdline").replaceAll("\0", " ").trim() || "(gone)";
}

function makeTree(random, word) {
  const names = Object.keys(kinds);
  const services = Array.from({ length: 1 + Math.floor(random() * 40) }, (_, index) => {
    const kind = names[Math.floor(random() * names.length)];
    return {
      name: `${kind}-${index}`,
      command: ["sh", "-c", kinds[kind]],
      env: { LEFT_BEHIND: word },
      stopTimeoutMs: 500,
      ...(kind === "brief" && { restart: "never" }),
    };
  });
  const last = { name: "killer", command: ["sh", "-c", killer], env: { LEFT_BEHIND: word } };
  return { services, last };
}

const moments = ["start", "steady", "stop", "child"];

async function live(round) {
  const random = createRandom(Number(values.seed) * 1_000_003 + round);
  const word = `round-${process.pid}-${round}-`;
  const folder = mkdtempSync(join(tmpdir(), "statevisor-left-"));
  const moment = moments[Math.floor(random() * moments.length)];
  const { services, last } = makeTree(random, word);
  if (moment === "child") services.splice(Math.floor(random() * services.length), 0, last);
  const file = join(folder, "statevisor.config.json");
  writeFileSync(file, JSON.stringify({ name: "left", services }));
  const up = spawn(process.execPath, [main, "up", "-c", file, "--json"], { stdio: ["ignore", "pipe", "ignore"] });
  const exited = once(up, "exit");
  await killAt(moment, up, exited, random);
  await exited;
  const killedAt = performance.now();
  let quietSince = killedAt;
  let left = pidsWith(word);
  while (performance.now() - killedAt < graceMs) {
    await sleep(100);
    left = pidsWith(word);
    if (left.length > 0) quietSince = performance.now();
    if (performance.now() - quietSince > quietMs) break;
  }
  const commands = left.map(commandOf);
  for (const pid of left) if (isAlive(pid)) process.kill(pid, "SIGKILL");
  rmSync(folder, { recursive: true, force: true });
  return { moment, left: commands, tookMs: quietSince - killedAt };
}

async function killAt(moment, up, exited, random) {
  if (moment === "child") return void (await Promise.race([exited, sleep(20_000).then(() => up.kill("SIGKILL"))]));
  const first = await Promise.race([once(up.stdout, "data"), exited]);
  if (first.length === 2) return; // it has exited
  up.stdout.resume();
  if (moment === "start") await sleep(random() * 150);
  else await sleep(500 + random() * 500);
  if (moment === "stop") {
    up.kill("SIGTERM");
    await sleep(random() * 400);
  }
  up.kill("SIGKILL");
}

const results = [];
let next = 0;
async function work() {
  while (next < rounds) {
    const round = next++;
    const result = await live(round);
    results.push(result);
    if (result.left.length > 0) {
      console.log(
        `round ${round}, killed at ${result.moment}: left ${result.left.length}: ${result.left.slice(0, 5).join("; ")}`,
      );
    }
  }
}
await Promise.all(Array.from({ length: Number(values.beside) }, work));

for (const moment of moments) {
  const of = results.filter((result) => result.moment === moment);
  const left = of.reduce((sum, result) => sum + result.left.length, 0);
  const slowest = Math.max(0, ...of.map(({ tookMs }) => tookMs));
  console.log(
    `${moment}: ${of.length} kills, ${left} processes left, all gone after ${Math.round(slowest)} ms at most`,
  );
}
const left = results.reduce((sum, result) => sum + result.left.length, 0);
console.log(`${results.length} kills in all, ${left} processes left`);
process.exitCode = left > 0 ? 1 : 0;
