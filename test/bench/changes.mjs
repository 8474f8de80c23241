// node test/bench/changes.mjs: what a change of what runs costs with the command, beside PM2. A reload of 20 processes of
// which one has changed; a rolling restart of 4 instances behind one port under load, and how many requests were lost; the
// memory of the supervising process for each process that it supervises. Three rounds, interleaved; medians.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { installPm2 } from "./pm2.mjs";

const main = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));
const pm2 = installPm2();
/** The path of sleep, which PM2 needs. */
const sleep = ["/usr/bin/sleep", "/bin/sleep"].find((file) => existsSync(file));
const rounds = Number(process.argv[2]) || 3;
const firstPort = 18_300;

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function rssKb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
}

/** Runs a program without holding up this process, which is the load and the proxy. Returns what it printed. */
async function call(options, ...args) {
  const child = spawn(process.execPath, args, { ...options, stdio: ["ignore", "pipe", "ignore"] });
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}`);
  return printed;
}

/** Each runs services while `act` looks at them. */
const peers = {
  async statevisor(folder, services, act) {
    const options = { cwd: folder, env: { ...process.env, STATEVISOR_RUNTIME_DIR: folder } };
    const write = (list) =>
      writeFileSync(join(folder, "statevisor.config.json"), JSON.stringify({ name: "bench", services: list }));
    const run = (...args) => call(options, main, ...args);
    write(services);
    const up = spawn(process.execPath, [main, "up"], { ...options, stdio: "ignore" });
    try {
      while (
        !(await run("status").then(
          () => true,
          () => false,
        ))
      ) {
        await wait(20);
      }
      await run("wait", "--timeout", "60s");
      return await act({
        pid: up.pid,
        async pids() {
          const { tree } = JSON.parse(await run("status", "--json"));
          return tree.services.flatMap(({ pid, services }) => services?.map((instance) => instance.pid) ?? [pid]);
        },
        reload(list) {
          write(list);
          return run("reload");
        },
        rolling: () => run("restart", "--rolling", "web"),
      });
    } finally {
      await run("down");
      if (up.exitCode === null) await once(up, "exit");
    }
  },

  async pm2(folder, services, act) {
    const options = { cwd: folder, env: { ...process.env, PM2_HOME: join(folder, ".pm2") } };
    const file = join(folder, "ecosystem.config.json");
    const write = (list) =>
      writeFileSync(
        file,
        JSON.stringify({
          apps: list.map(({ name, command: [script, ...args], instances }) => {
            const path = sleep.endsWith(script) ? sleep : join(folder, "server.mjs");
            if (instances === undefined) return { name, script: path, args, interpreter: "none" };
            writeFileSync(path, clusterServer);
            return { name, script: path, instances, exec_mode: "cluster", wait_ready: true };
          }),
        }),
      );
    const run = (...args) => call(options, pm2, ...args);
    write(services);
    try {
      await run("start", file);
      return await act({
        pid: Number(readFileSync(join(folder, ".pm2", "pm2.pid"), "utf8")),
        async pids() {
          // What it prints first may be about itself.
          const printed = await run("jlist");
          return JSON.parse(printed.slice(printed.indexOf("[{"))).map(({ pid }) => pid);
        },
        reload(list) {
          write(list);
          return run("reload", file);
        },
        rolling: () => run("reload", "web"),
      });
    } finally {
      await run("kill");
    }
  },
};

async function withPeer(name, services, act) {
  const folder = mkdtempSync(join(tmpdir(), "statevisor-bench-"));
  try {
    return await peers[name](folder, services, act);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const sleepers = (count) => Array.from({ length: count }, (_, i) => ({ name: `s${i}`, command: ["sleep", "80000"] }));

function reload(name) {
  return withPeer(name, sleepers(20), async ({ pids, reload }) => {
    const before = await pids();
    const services = sleepers(20);
    services[7].command = ["sleep", "80001"];
    const began = performance.now();
    await reload(services);
    const ms = performance.now() - began;
    const after = await pids();
    return { ms, replaced: after.filter((pid) => !before.includes(pid)).length };
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

/** The same for PM2's cluster mode, in which the instances share a port: no new clients, and the end after the last answer. */
const clusterServer = `
  import { createServer } from "node:http";
  const listener = (_, response) => setTimeout(() => response.end("hello"), 5);
  const server = createServer(listener).listen(${firstPort}, "127.0.0.1", () => process.send("ready"));
  process.on("SIGINT", () => server.close(() => process.exit()));`;

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

function rolling(name) {
  const web = {
    name: "web",
    command: [process.execPath, "--input-type=module", "-e", server],
    instances: 4,
    port: firstPort,
    readyOn: { line: "listening" },
  };
  return withPeer(name, [web], async ({ pids, rolling }) => {
    const counts = { answered: 0, lost: 0, again: 0 };
    const proxy = createProxy(name === "pm2" ? 1 : 4, counts).listen(0, "127.0.0.1");
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
        asked.setTimeout(10_000, () => asked.destroy(new Error("no answer")));
        asked.end();
      });
    const clients = Array.from({ length: 20 }, async () => {
      while (!isOver) await ask();
    });
    const before = await pids();
    await wait(500);
    const began = performance.now();
    await rolling();
    const ms = performance.now() - began;
    await wait(500);
    isOver = true;
    await Promise.all(clients);
    agent.destroy();
    proxy.close();
    const replaced = (await pids()).filter((pid) => !before.includes(pid)).length;
    if (replaced !== 4) throw new Error(`${name} replaced ${replaced} of 4`);
    return { ms, ...counts };
  });
}

async function memory(name) {
  const measure = (count) =>
    withPeer(name, sleepers(count), async ({ pid }) => {
      await wait(3_000);
      return rssKb(pid);
    });
  const [few, many] = [await measure(20), await measure(120)];
  return { few: few / 1_024, many: many / 1_024, each: (many - few) / 100 };
}

const results = { statevisor: [], pm2: [] };
for (let round = 0; round < rounds; round++) {
  for (const name of Object.keys(peers)) {
    results[name].push({ reload: await reload(name), rolling: await rolling(name), memory: await memory(name) });
  }
}

const middle = (what, key) => (name) =>
  median(results[name].map((result) => result[what][key])).toFixed(what === "memory" ? 1 : 0);
const sum = (key) => (name) => results[name].reduce((total, { rolling }) => total + rolling[key], 0);
const rows = {
  "reload of 20, one changed, ms": middle("reload", "ms"),
  "processes that it replaced": middle("reload", "replaced"),
  "rolling restart of 4 under load, ms": middle("rolling", "ms"),
  "requests answered meanwhile, all rounds": sum("answered"),
  "of them asked again: a connection ended first": sum("again"),
  "requests lost, all rounds": sum("lost"),
  "memory with 20 processes, MB": middle("memory", "few"),
  "memory with 120 processes, MB": middle("memory", "many"),
  "memory for each more, kB": middle("memory", "each"),
};
console.table(Object.entries(rows).map(([what, of]) => ({ what, statevisor: of("statevisor"), pm2: of("pm2") })));
