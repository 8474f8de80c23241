// One tree for each config, and a control socket that no neighbour can break: found from every shell, held by a lock of the
// kernel, with limits on what clients send and on how long they are silent.

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Cli, createCli, forever, main, node, processesWith, sleeper, until } from "./support.ts";

const config = { name: "app", services: [{ name: "web", command: sleeper() }] };
const isRoot = process.getuid?.() === 0;

async function createRunning(): Promise<{ cli: Cli; pid: number }> {
  const cli = createCli();
  cli.write("statevisor.config.json", config);
  const up = cli.start("up");
  await up.says(/web ● up/);
  return { cli, pid: up.child.pid! };
}

function socketOf({ folder }: Cli): string {
  const name = readdirSync(join(folder, ".run")).find((file) => file.endsWith(".sock"))!;
  return join(folder, ".run", name);
}

describe("one config has one tree", () => {
  // Case K3.
  it("whichever of its shells knows XDG_RUNTIME_DIR and TMPDIR", async () => {
    const one = createCli({ STATEVISOR_RUNTIME_DIR: undefined, XDG_RUNTIME_DIR: undefined });
    one.write("statevisor.config.json", config);
    const up = one.start("up");
    await up.says(/web ● up/);
    const elsewhere = join(one.folder, "elsewhere");
    mkdirSync(elsewhere, { mode: 0o700 });
    const env = { ...process.env, STATEVISOR_RUNTIME_DIR: undefined, XDG_RUNTIME_DIR: elsewhere, TMPDIR: elsewhere };
    const run = (verb: string) => spawnSync(process.execPath, [main, verb], { cwd: one.folder, env, encoding: "utf8" });
    expect(run("status").stdout).toContain("● running");
    expect(run("up").status).toBe(2);
    expect(run("down").status).toBe(0);
  });

  it("that is found again when its socket was removed", async () => {
    const { cli, pid } = await createRunning();
    rmSync(socketOf(cli));
    const second = await cli.run("up");
    expect(second.code).toBe(2);
    expect(second.stderr).toContain(`as process ${pid} since`);
    await until("the socket is made again", async () => (await cli.run("status")).code === 0);
    expect((await cli.run("down")).code).toBe(0);
    expect(readdirSync(join(cli.folder, ".run"))).toEqual([expect.stringMatching(/\.out$/), "secret"]);
  });

  // Case H4.
  it("that a paused process with a full backlog still has", async () => {
    const { cli, pid } = await createRunning();
    process.kill(pid, "SIGSTOP");
    const socket = socketOf(cli);
    const { ino } = statSync(socket);
    const clients = Array.from({ length: 1_000 }, () => connect(socket).on("error", () => {}));
    onTestFinished(() => {
      for (const client of clients) client.destroy();
    });
    await sleep(500);
    const started = Date.now();
    expect((await cli.run("up")).code).toBe(2);
    expect(statSync(socket).ino).toBe(ino);
    const asked = await cli.run("status");
    expect(asked.code).toBe(1);
    expect(asked.stderr).toMatch(new RegExp(`process ${pid}, which runs it, has not answered within 5 s|EAGAIN`));
    expect(Date.now() - started).toBeLessThan(20_000);
    for (const client of clients) client.destroy();
    process.kill(pid, "SIGCONT");
    await until("it answers again", async () => (await cli.run("status")).code === 0);
  });

  // Case H7.
  it("when eight commands start it at once, beside what others have left behind", async () => {
    for (let round = 0; round < 3; round++) {
      const cli = createCli();
      const mark = `mark-${process.pid}-${round}`;
      cli.write("statevisor.config.json", {
        name: "app",
        services: [{ name: "web", command: [...node(forever), mark] }],
      });
      const killed = cli.start("up");
      await killed.says(/web ● up/);
      const socket = socketOf(cli);
      killed.child.kill("SIGKILL");
      await killed.ended;
      await until("the guard has ended its process", () => processesWith(mark).length === 0);
      writeFileSync(`${socket}.lock`, String(process.pid));
      const commands = Array.from({ length: 8 }, () => cli.start("up"));
      await until("one of them runs", async () => (await cli.run("status")).code === 0);
      await until("the others have ended", () => commands.filter(({ child }) => child.exitCode === null).length === 1);
      expect(commands.map(({ child }) => child.exitCode).sort()).toEqual([...Array(7).fill(2), null]);
      expect(processesWith(mark)).toHaveLength(1);
      expect((await cli.run("down")).code).toBe(0);
    }
  });
});

/** Sends text over the control socket; resolves to what comes back until the connection ends. */
async function send(socket: Socket, text: string): Promise<string> {
  let answer = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    answer += chunk;
  });
  socket.on("error", () => {});
  socket.write(text);
  await new Promise((resolve) => socket.once("close", resolve));
  return answer;
}

describe("a client", () => {
  // Case H3.
  it.each([
    '{"verb":{"toString":1,"valueOf":1}}',
    '{"verb":"logs","lines":{"toString":1}}',
    '{"verb":"status","services":"web"}',
    '{"verb":"stop","services":[null]}',
    '{"verb":"__proto__"}',
    "null",
    "[]",
  ])("that sends %s is refused", async (request) => {
    const { cli } = await createRunning();
    expect(await send(connect(socketOf(cli)), `${request}\n`)).toContain('"type":"error"');
    expect((await cli.run("status")).code).toBe(0);
  });

  // Case H8.
  it("that sends a line without an end is cut off, and costs no memory", async () => {
    const { cli, pid } = await createRunning();
    const resident = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1_024;
    const before = resident();
    const socket = connect(socketOf(cli));
    const text = "x".repeat(1_000_000);
    let isOpen = true;
    socket
      .on("error", () => {})
      .once("close", () => {
        isOpen = false;
      });
    for (let sent = 0; sent < 200 && isOpen; sent++) {
      if (!socket.write(text))
        await Promise.race([new Promise((resolve) => socket.once("drain", resolve)), sleep(200)]);
    }
    await until("the connection is closed", () => !isOpen);
    expect(resident() - before).toBeLessThan(60);
    expect((await cli.run("status")).code).toBe(0);
  });

  // Case K7.
  it("that has gone when a paused tree goes on does not end it", async () => {
    const cli = createCli();
    cli.write("statevisor.config.json", { name: "app", services: [{ name: "job", command: ["true"] }] });
    for (let round = 0; round < 3; round++) {
      const up = cli.start("up");
      await up.says(/job ✔ completed/);
      up.child.kill("SIGSTOP");
      const client = connect(socketOf(cli));
      client.on("error", () => {}).write('{"verb":"status"}\n');
      await sleep(100);
      client.destroy();
      up.child.kill("SIGTERM");
      up.child.kill("SIGCONT");
      const { code, stderr } = await up.ended;
      expect(stderr).not.toContain("EPIPE");
      expect(code).toBe(0);
    }
  });

  // Case H2.
  it("that connects and is silent is let go: descriptors are left for the services", async () => {
    const cli = createCli();
    cli.write("statevisor.config.json", config);
    const up = cli.start("up", "--health-port", "0", "--inspect");
    await up.says(/web ● up/);
    const ports = [...up.stderr.matchAll(/http:\/\/127\.0\.0\.1:(\d+)\//g)].map((match) => Number(match[1]));
    expect(ports).toHaveLength(2);
    const targets = [...ports.map((port) => ({ port, host: "127.0.0.1" })), { path: socketOf(cli) }];
    const sockets = targets.flatMap((target) =>
      Array.from({ length: 350 }, () => connect(target).on("error", () => {})),
    );
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    await sleep(1_000);
    const open = () => readdirSync(`/proc/${up.child.pid}/fd`).length;
    expect(open()).toBeLessThan(500);
    await until("the silent ones are let go", () => open() < 60);
    expect((await cli.run("status")).code).toBe(0);
  });
});

describe("the folder of the sockets", () => {
  // Case H6.
  it.skipIf(!isRoot)("of another user is refused by the clients, too", async () => {
    const cli = createCli();
    cli.write("statevisor.config.json", config);
    const run = join(cli.folder, ".run");
    mkdirSync(run, { mode: 0o777 });
    spawnSync("chown", ["65534", run]);
    for (const verb of ["status", "up"]) {
      const { code, stderr } = await cli.run(verb);
      expect(stderr).toContain("it must be a folder of yours that no other user can enter");
      expect(code).toBe(1);
    }
  });

  it("may belong to a tree that sends escapes: they are not printed", async () => {
    const { cli } = await createRunning();
    const socket = socketOf(cli);
    rmSync(socket);
    const evil = "\u001b]0;owned\u0007\u001b[2J\u009b31m";
    const impostor = createServer((client) => {
      client.resume();
      client.on("error", () => {});
      const service = {
        name: `web${evil}`,
        path: `app/web${evil}`,
        state: "running",
        phase: "unhealthy",
        since: 0,
        restarts: 0,
        pid: 1,
        summary: evil,
      };
      const tree = { ...service, name: "app", services: [service] };
      for (const answer of [
        { type: "notice", text: `notice${evil}` },
        { type: "data", data: { tree, now: 1, pid: 1, startedAt: new Date().toISOString() } },
        { type: "error", message: `failed${evil}` },
      ]) {
        client.write(`${JSON.stringify(answer)}\n`);
      }
    }).listen(socket);
    onTestFinished(() => void impostor.close());
    const { stdout, stderr } = await cli.run("status");
    expect(stdout).toContain("web");
    expect(stderr).toMatch(/notice.*failed/s);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(stdout + stderr).not.toMatch(/[\u001b\u009b\u0007]/);
  });

  it("whose path is too long for a socket is refused in one line", async () => {
    const cli = createCli({ STATEVISOR_RUNTIME_DIR: `/tmp/${"long-".repeat(25)}` });
    cli.write("statevisor.config.json", config);
    const { code, stderr } = await cli.run("up");
    expect(stderr).toMatch(/^statevisor: .* its path is too long.*\n$/);
    expect(code).toBe(1);
    rmSync(`/tmp/${"long-".repeat(25)}`, { recursive: true, force: true });
  });
});

// Case K2.
it.skipIf(!isRoot)("a user without an entry in the user database can run a tree", async () => {
  const cli = createCli();
  cli.write("statevisor.config.json", {
    name: "app",
    services: [{ name: "job", command: ["true"], significant: true }],
    autoShutdown: "any-significant",
  });
  spawnSync("chmod", ["-R", "777", cli.folder]);
  const env = { ...process.env, STATEVISOR_RUNTIME_DIR: join(cli.folder, "run-of-it"), HOME: "/" };
  const up = spawnSync(
    "setpriv",
    ["--reuid", "12345", "--regid", "12345", "--clear-groups", process.execPath, main, "up"],
    { cwd: cli.folder, env, encoding: "utf8" },
  );
  expect(up.stderr).toMatch(/job ✔ completed/);
  expect(up.status).toBe(0);
});

// Case K4.
it("a tree that was started by nohup stays when the terminal goes", async () => {
  const cli = createCli();
  cli.write("statevisor.config.json", config);
  const env = { ...process.env, STATEVISOR_RUNTIME_DIR: join(cli.folder, ".run") };
  const up = spawn("nohup", [process.execPath, main, "up"], { cwd: cli.folder, env, stdio: "ignore" });
  onTestFinished(() => void up.kill("SIGKILL"));
  await until("it runs", async () => (await cli.run("status")).code === 0);
  up.kill("SIGHUP");
  await sleep(300);
  expect((await cli.run("status")).stdout).toMatch(/web +● running/);
  expect((await cli.run("down")).code).toBe(0);
});
