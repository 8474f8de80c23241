// one-tree.mjs: ten `up`s of one config at once, again and again, beside what others have left behind, and proves that one
// tree runs each time, and that the others end with 2 and say where it runs.
//
//   node test/soak/one-tree.mjs [--rounds 100] [--ups 10]
//
// Needs the built package. Prints a line, and exits with 1 where a promise was broken.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { listPids, readOf } from "../support/proc.mjs";
import { askStatus, main, until } from "./running-tree.mjs";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "100" }, ups: { type: "string", default: "10" } },
});
const rounds = Number(values.rounds);
const ups = Number(values.ups);

/** What a round finds in the runtime folder, or has happen to it while the commands start. */
const obstacles = {
  nothing: () => {},
  "a dead owner": ({ project, runtime }) => writeOwner(runtime, project, 2 ** 22 - 1),
  "the pid of another process": ({ project, runtime }) => writeOwner(runtime, project, process.ppid),
  "an owner file that is no JSON": ({ project, runtime }) => writeFileSync(join(runtime, `${project}.json`), "{"),
  /** A socket that nobody listens on: its process was killed. */
  "a dead socket": async ({ project, runtime }) => {
    const code = `require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
    await once(spawn(process.execPath, ["-e", code, join(runtime, `${project}.sock`)]), "exit");
  },
  "a file in place of the socket": ({ project, runtime }) => writeFileSync(join(runtime, `${project}.sock`), ""),
  "a killed tree": async ({ start, runtime, killed }) => {
    const one = start();
    await answers(runtime);
    one.child.kill("SIGKILL");
    await one.ended;
    killed.push(one);
  },
  /** Removes the socket again and again while the commands start. */
  "a removed socket": ({ project, runtime }) => {
    const remover = setInterval(() => rmSync(join(runtime, `${project}.sock`), { force: true }), 20);
    return () => clearInterval(remover);
  },
  /** The tree runs and is paused, and its backlog is full: all the commands find it so. */
  "a full backlog": async ({ start, project, runtime }) => {
    const { child } = start();
    await answers(runtime);
    child.kill("SIGSTOP");
    const clients = Array.from({ length: 600 }, () => connect(join(runtime, `${project}.sock`)).on("error", () => {}));
    return () => {
      for (const client of clients) client.destroy();
      child.kill("SIGCONT");
    };
  },
};

function writeOwner(runtime, project, pid) {
  writeFileSync(join(runtime, `${project}.json`), JSON.stringify({ pid, file: "elsewhere", startedAt: Date.now() }));
}

function processesWith(mark) {
  return listPids().filter((pid) => readOf(pid, "cmdline").includes(mark));
}

/** The commands of a round, all with the same config. */
class Commands {
  constructor(folder) {
    this.folder = folder;
    this.runtime = join(folder, ".run");
    this.all = [];
  }

  start() {
    const env = { ...process.env, STATEVISOR_RUNTIME_DIR: this.runtime };
    const child = spawn(process.execPath, [main, "up"], { cwd: this.folder, env, stdio: ["ignore", "ignore", "pipe"] });
    const one = { child, said: "", ended: once(child, "exit") };
    child.stderr.setEncoding("utf8").on("data", (text) => {
      one.said += text;
    });
    this.all.push(one);
    return one;
  }

  get living() {
    return this.all.filter(({ child }) => child.exitCode === null && child.signalCode === null);
  }

  async end() {
    for (const { child } of this.living) child.kill("SIGKILL");
    await Promise.all(this.all.map(({ ended }) => ended));
  }
}

const answers = (runtime) => until("the tree answers", () => askStatus(runtime));

/** One round; resolves to what was broken in it. */
async function runRound(commands, project, [obstacle, prepare]) {
  const { runtime } = commands;
  const killed = [];
  const start = () => commands.start();
  const undo = await prepare({ project, runtime, start, killed });
  for (let i = 0; i < ups; i++) start();
  await until("all but one have ended", () => commands.living.length <= 1, 60_000);
  await undo?.();
  const [winner] = commands.living;
  if (winner === undefined) return [`none runs: ${commands.all.map(({ said }) => said).join("")}`];
  const { pid } = await answers(runtime);
  const losers = commands.all.filter((one) => one !== winner && !killed.includes(one));
  const broken = losers.flatMap(({ child, said }) => [
    ...(child.exitCode === 2 ? [] : [`one ended with ${child.exitCode ?? child.signalCode}`]),
    ...(said.includes(`as process ${winner.child.pid} since`) ? [] : [`one did not say where it runs: ${said}`]),
  ]);
  if (pid !== winner.child.pid) broken.push(`process ${pid} answers, and ${winner.child.pid} runs`);
  // What a killed tree has left behind is ended by its guard.
  await until("one process of the service runs", () => processesWith(mark).length === 1);
  winner.child.kill("SIGTERM");
  const [code] = await winner.ended;
  if (code !== 0) broken.push(`the tree ended with ${code}`);
  return broken.map((what) => `${obstacle}: ${what}`);
}

const mark = `one-tree-${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), "statevisor-soak-"));
const service = { name: "web", command: ["sh", "-c", "sleep 600; :", mark] };
writeFileSync(join(folder, "statevisor.config.json"), JSON.stringify({ name: "app", services: [service] }));

/** What the files of the config are called: that of a first run. */
async function learnProject() {
  const commands = new Commands(folder);
  const { child, ended } = commands.start();
  await answers(commands.runtime);
  const project = readdirSync(commands.runtime)
    .find((name) => name.endsWith(".sock"))
    .replace(".sock", "");
  child.kill("SIGTERM");
  await ended;
  return project;
}

const project = await learnProject();
const broken = [];
for (let round = 0; round < rounds; round++) {
  const commands = new Commands(folder);
  const each = Object.entries(obstacles)[round % Object.keys(obstacles).length];
  try {
    broken.push(...(await runRound(commands, project, each)));
  } catch (error) {
    broken.push(`${each[0]}: ${error.message}`);
  } finally {
    await commands.end();
  }
}
rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
for (const what of broken) process.stderr.write(`${what.trim()}\n`);
process.stdout.write(
  `${rounds} rounds of ${ups} commands beside ${Object.keys(obstacles).length} kinds of obstacles: ${broken.length} promises broken\n`,
);
process.exit(broken.length === 0 ? 0 : 1);
