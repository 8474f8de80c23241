// node test/bench/changes.mjs: what a change of a running tree costs with the command. A reload of 20 processes of which one
// has changed; a rolling restart of 4 instances behind one port under load, and how many requests were lost; the memory of
// the supervising process for each process that it supervises. Three rounds; medians.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));
const rounds = Number(process.argv[2]) || 3;
const firstPort = 18_300;

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function rssKb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
}

/** Runs a tree while `act` looks at it. */
async function withTree(services, act) {
  const folder = mkdtempSync(join(tmpdir(), "statevisor-bench-"));
  const options = { cwd: folder, env: { ...process.env, STATEVISOR_RUNTIME_DIR: folder } };
  const write = (list) =>
    writeFileSync(join(folder, "statevisor.config.json"), JSON.stringify({ name: "bench", services: list }));
  const run = (...args) => spawnSync(process.execPath, [main, ...args], { ...options, encoding: "utf8" });
  /** The same without holding up this process, which is the load and the proxy. */
  const runBeside = async (...args) => {
    const child = spawn(process.execPath, [main, ...args], { ...options, stdio: "ignore" });
    const [code] = await once(child, "exit");
    return code;
  };
  write(services);
  const up = spawn(process.execPath, [main, "up"], { ...options, stdio: "ignore" });
  try {
    while (run("status").status !== 0) await wait(20);
    if (run("wait", "--timeout", "60s").status !== 0) throw new Error("the tree is not up");
    return await act({ pid: up.pid, run, runBeside, write });
  } finally {
    run("down");
    if (up.exitCode === null) await once(up, "exit");
    rmSync(folder, { recursive: true, force: true });
  }
}

const sleepers = (count) => Array.from({ length: count }, (_, i) => ({ name: `s${i}`, command: ["sleep", "80000"] }));
const pidsOf = ({ stdout }) => JSON.parse(stdout).tree.services.map(({ pid }) => pid);

function reload() {
  return withTree(sleepers(20), async ({ run, write }) => {
    const before = pidsOf(run("status", "--json"));
    const services = sleepers(20);
    services[7].command = ["sleep", "80001"];
    write(services);
    const began = performance.now();
    if (run("reload").status !== 0) throw new Error("the reload failed");
    const ms = performance.now() - began;
    const after = pidsOf(run("status", "--json"));
    return { ms, replaced: after.filter((pid, i) => pid !== before[i]).length };
  });
}

const entry = (name) => JSON.stringify(new URL(`../../dist/src/${name}.js`, import.meta.url).href);

/** An instance: its server answers what the machine has accepted for it before it goes. */
const server = `
  import { createSupervisor } from ${entry("index")};
  import { defineHttpServer, runUntilSignal } from ${entry("node/index")};
  const listener = (_, response) => setTimeout(() => response.end("hello"), 5);
  const web = defineHttpServer({ name: "web", port: Number(process.env.PORT), listener });
  const app = createSupervisor({ name: "app", services: [web] });
  app.on("status", ({ path, to }) => path === "app" && to === "running" && console.log("listening"));
  process.exit(await runUntilSignal(app));`;

/** One port for all instances. As nginx does, it asks the next one where a GET has come to no answer; `again` counts those. */
function createProxy(instances, counts) {
  const agent = new Agent({ keepAlive: false });
  let turn = 0;
  const pass = (response, instance, triesLeft) => {
    const asked = request({ port: firstPort + (instance % instances), host: "127.0.0.1", agent }, (answer) => {
      response.writeHead(answer.statusCode);
      answer.pipe(response);
    });
    asked.on("error", (error) => {
      if (response.headersSent || triesLeft === 0) return response.destroy();
      if (error.code !== "ECONNREFUSED") counts.again++;
      pass(response, instance + 1, triesLeft - 1);
    });
    asked.end();
  };
  return createServer((_, response) => pass(response, turn++, instances));
}

function rolling() {
  const web = {
    name: "web",
    command: [process.execPath, "--input-type=module", "-e", server],
    instances: 4,
    port: firstPort,
    readyOn: { line: "listening" },
  };
  return withTree([web], async ({ run, runBeside }) => {
    const counts = { answered: 0, lost: 0, again: 0 };
    const proxy = createProxy(4, counts).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const { port } = proxy.address();
    const agent = new Agent({ keepAlive: true });
    let isOver = false;
    const ask = () =>
      new Promise((resolve) => {
        const asked = request({ port, host: "127.0.0.1", agent }, (answer) => {
          answer.resume().on("end", () => {
            if (answer.statusCode === 200) counts.answered++;
            else counts.lost++;
            resolve();
          });
        });
        asked.on("error", () => {
          counts.lost++;
          resolve();
        });
        asked.end();
      });
    const clients = Array.from({ length: 20 }, async () => {
      while (!isOver) await ask();
    });
    const instancesOf = () => JSON.parse(run("status", "--json").stdout).tree.services[0].services;
    const before = instancesOf().map(({ pid }) => pid);
    await wait(500);
    const began = performance.now();
    const code = await runBeside("restart", "--rolling", "web");
    const ms = performance.now() - began;
    await wait(500);
    isOver = true;
    await Promise.all(clients);
    agent.destroy();
    proxy.close();
    const replaced = instancesOf().filter(({ pid }) => !before.includes(pid)).length;
    if (code !== 0 || replaced !== 4) throw new Error(`the restart failed: ${code}, ${replaced} replaced`);
    return { ms, ...counts };
  });
}

async function memory() {
  const measure = (count) =>
    withTree(sleepers(count), async ({ pid }) => {
      await wait(3_000);
      return rssKb(pid);
    });
  const [few, many] = [await measure(20), await measure(120)];
  return { few, many, eachKb: (many - few) / 100 };
}

const results = [];
for (let round = 0; round < rounds; round++) {
  results.push({ reload: await reload(), rolling: await rolling(), memory: await memory() });
}
const of = (what, key) => median(results.map((result) => result[what][key]));
const sum = (key) => results.reduce((total, { rolling }) => total + rolling[key], 0);
console.table([
  { what: "reload of 20, one changed, ms", value: of("reload", "ms").toFixed(0) },
  { what: "processes that it replaced", value: results.map(({ reload }) => reload.replaced).join(", ") },
  { what: "rolling restart of 4 under load, ms", value: of("rolling", "ms").toFixed(0) },
  { what: "requests answered meanwhile, all rounds", value: sum("answered") },
  { what: "of them asked again: a connection ended first", value: sum("again") },
  { what: "requests lost, all rounds", value: sum("lost") },
  { what: "memory with 20 processes, MB", value: (of("memory", "few") / 1_024).toFixed(1) },
  { what: "memory with 120 processes, MB", value: (of("memory", "many") / 1_024).toFixed(1) },
  { what: "memory for each more, kB", value: of("memory", "eachKb").toFixed(0) },
]);
