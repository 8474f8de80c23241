// The verbs about a running tree, over its control socket.

import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Cli, createCli, forever, node, processesWith, type RunningCommand, sleeper, until } from "./support.ts";

/** A service that is down stays so, however long the test takes. */
const slow = { initialBackoffMs: 60_000, maxRetries: 2, jitter: false };

async function createRunning(): Promise<{ cli: Cli; up: RunningCommand }> {
  const cli = createCli();
  cli.write("statevisor.config.json", {
    name: "app",
    services: [
      { name: "db", command: node(`console.log("one\\ntwo"); ${forever}`), readyOn: { line: "two" }, restart: slow },
      { name: "group", services: [{ name: "web", command: sleeper() }], dependsOn: ["db"] },
      {
        name: "flaky",
        command: ["sh", "-c", "echo boom >&2; exit 3"],
        critical: false,
        restart: slow,
      },
      {
        name: "stuck",
        command: sleeper(),
        readyOn: { line: "never" },
        critical: false,
        startTimeoutMs: "Infinity",
      },
      { name: "after", command: sleeper(), dependsOn: ["stuck"], critical: false },
    ],
  });
  const up = cli.start("up");
  await up.says(/group +● up/);
  await up.says(/flaky +↻/);
  return { cli, up };
}

const shape = (text: string) =>
  text
    .replace(/ +/g, " ")
    .replace(/\d+\.\d s|\d+ s/g, "N s")
    .replace(/\b\d{2,7}\b/g, "PID");

describe("status", () => {
  it("shows by its phase why a service is stopped", async () => {
    const cli = createCli();
    cli.write("statevisor.config.json", {
      name: "app",
      services: [
        { name: "job", command: node("") },
        { name: "web", command: sleeper() },
        { name: "after", command: sleeper(), dependsOn: [{ service: "web", onFailure: "stop" }] },
      ],
    });
    const up = cli.start("up");
    await up.says(/job +✔ completed/);
    await up.says(/after +● up/);
    await cli.run("stop", "web");
    const { stdout } = await cli.run("status");
    expect(shape(stdout).split("\n")).toEqual([
      "app: ● running, pid PID, for N s",
      "SERVICE STATE SINCE RESTARTS PID WHY",
      "job ✔ completed N s 0",
      expect.stringMatching(/^web □ stopped N s 0 by hand/),
      expect.stringMatching(/^after □ stopped N s 0 by hand/),
      "",
    ]);
    const [health] = await cli.json("health");
    expect(health).toMatchObject({
      services: { "app/job": { phase: "completed" }, "app/web": { phase: "byHand" }, "app/after": { phase: "byHand" } },
    });
    expect((await cli.run("health")).stdout).toMatch(/✔ +job +completed/);
  });

  it("shows every service with its state, its process, and why it is not up", async () => {
    const { cli } = await createRunning();
    const { code, stdout } = await cli.run("status");
    expect(code).toBe(0);
    expect(shape(stdout).split("\n")).toEqual([
      "app: ● running, pid PID, for N s",
      "SERVICE STATE SINCE RESTARTS PID WHY",
      "db ● running N s 0 PID",
      "group ● running N s 0",
      " web ● running N s 0 PID",
      expect.stringMatching(/^flaky ↻ backoff N s 0 next attempt in .* 1 of 2 retries left: .*exited with code 3/),
      "stuck ◌ launching N s 0 PID launching for N s; it is given no limit; it has not said that it is ready yet",
      "after ○ waiting N s 0 waiting for stuck (launching)",
      "",
    ]);
    expect(
      shape((await cli.run("status", "group/web", "db")).stdout)
        .split("\n")
        .slice(2, 4),
    ).toEqual(["web ● running N s 0 PID", "db ● running N s 0 PID"]);
    expect((await cli.run("status", "dp")).stderr).toContain('did you mean "db"');
    expect((await cli.run("status", "dp")).code).toBe(2);
  });

  it("gives programs every fact with --json", async () => {
    const { cli, up } = await createRunning();
    const [document] = await cli.json("status");
    expect(document).toMatchObject({
      schemaVersion: 1,
      pid: up.child.pid,
      project: expect.stringContaining(cli.folder),
    });
    const { services } = document!.tree as { services: { name: string; pid: number | null; state: string }[] };
    expect(services.map(({ name, state }) => [name, state])).toEqual([
      ["db", "running"],
      ["group", "running"],
      ["flaky", "backoff"],
      ["stuck", "starting"],
      ["after", "starting"],
    ]);
    expect(processesWith("one\\ntwo")).toEqual([services[0]!.pid]);
    expect(services[2]!.pid).toBe(null);
  });
});

describe("health", () => {
  it("exits with 0 while the tree is degraded, and with 1 when it is unhealthy", async () => {
    const { cli } = await createRunning();
    const degraded = await cli.run("health");
    expect([degraded.code, degraded.stdout.split("\n")[0]]).toEqual([0, "degraded"]);
    await cli.run("restart", "db");
    process.kill(processesWith("one\\ntwo")[0]!, "SIGKILL");
    await until("db is down", async () => (await cli.run("health")).code === 1);
  });
});

describe("explain", () => {
  it("says why, what it waits for, and the last failure", async () => {
    const { cli } = await createRunning();
    const { stdout } = await cli.run("explain", "after", "flaky");
    expect(stdout).toContain("after: waiting for stuck (launching)");
    expect(stdout).toContain("  waits for stuck to be healthy: launching");
    expect(stdout).toMatch(
      /flaky: in backoff, next attempt in .*\n {2}retries left: 1\n {2}last failure: .*exited with code 3.*\n {2}last output:\n {4}boom\n/,
    );
    const [document] = await cli.json("explain", "after");
    expect(document).toMatchObject({ schemaVersion: 1, state: "starting", waitingFor: [{ path: "app/stuck" }] });
    expect((await cli.run("explain")).code).toBe(2);
  });
});

describe("logs", () => {
  it("shows the newest lines, of all or of some", async () => {
    const { cli } = await createRunning();
    const lines = (text: string) =>
      text
        .trim()
        .split("\n")
        .map((line) => line.slice(9));
    expect(lines((await cli.run("logs")).stdout).sort()).toEqual(["db │ one", "db │ two", "flaky │ boom"]);
    expect(lines((await cli.run("logs", "db", "-n", "1")).stdout)).toEqual(["db │ two"]);
    expect((await cli.json("logs", "flaky"))[0]).toMatchObject({ path: "app/flaky", stream: "stderr", text: "boom" });
  });

  it("ends quietly when its reader has gone", async () => {
    const { cli } = await createRunning();
    const logs = cli.start("logs", "-f");
    await logs.says("db │ two");
    logs.child.stdout!.destroy();
    await cli.run("restart", "db");
    const { code, stderr } = await logs.ended;
    expect([code, stderr]).toEqual([0, ""]);
  });

  it("goes on with --follow until it is ended, and ends with the tree", async () => {
    const { cli } = await createRunning();
    const logs = cli.start("logs", "-f", "db", "-n", "0");
    const all = cli.start("logs", "-f", "--json");
    await all.says("boom");
    // It follows once it has sent the lines before; a restart writes them again.
    await cli.run("restart", "db");
    await logs.says("db │ two");
    expect(logs.stdout).not.toContain("boom");
    await cli.run("down");
    expect((await logs.ended).code).toBe(0);
  });
});

describe("stop, start and restart", () => {
  it("act on each service named, and fail for those that they cannot do", async () => {
    const { cli } = await createRunning();
    const before = (await cli.json("status", "group/web"))[0]!.services as { pid: number }[];
    expect((await cli.run("stop", "group/web")).stdout).toBe("✔ group/web stopped\n");
    expect((await cli.json("status", "group/web"))[0]!.services).toMatchObject([{ state: "stopped", pid: null }]);
    expect((await cli.run("start", "group/web")).code).toBe(0);
    expect((await cli.run("restart", "group/web")).stdout).toBe("✔ group/web restarted\n");
    const after = (await cli.json("status", "group/web"))[0]!.services as { pid: number; incarnation: number }[];
    expect(after).toMatchObject([{ state: "running", incarnation: 3 }]);
    expect(after[0]!.pid).not.toBe(before[0]!.pid);

    const unknown = await cli.run("restart", "dp", "group/web");
    expect([unknown.code, unknown.stdout]).toEqual([2, ""]);
    expect(unknown.stderr).toContain('did you mean "db"?');
    const again = (await cli.json("status", "group/web"))[0]!.services as { incarnation: number }[];
    expect(again[0]!.incarnation).toBe(3);
    const whole = await cli.run("stop", "app");
    expect([whole.code, whole.stderr]).toEqual([2, expect.stringContaining("`statevisor down` stops it")]);
  });

  it("report each service that cannot be started, and start the others", async () => {
    const cli = createCli();
    const broken = { name: "broken", command: ["no-such-program"], restart: "never" };
    cli.write("statevisor.config.json", { name: "app", services: [broken, { name: "web", command: sleeper() }] });
    await cli.start("up").says(/web +● up/);
    const { code, stdout, stderr } = await cli.run("start", "broken", "web");
    expect([code, stdout]).toEqual([1, "✔ web runs already\n"]);
    expect(stderr).toContain("✖ broken not started: ");
    expect(stderr).toContain("no-such-program");
  });
});

describe("down", () => {
  it("returns when nothing is left, and then nothing is running: exit code 3", async () => {
    const { cli, up } = await createRunning();
    const down = await cli.run("down");
    expect([down.code, down.stdout]).toEqual([0, "✔ all stopped\n"]);
    expect(processesWith("one\\ntwo")).toEqual([]);
    expect((await up.ended).code).toBe(0);
    for (const verb of [["status"], ["health"], ["explain", "db"], ["restart", "db"], ["down"]]) {
      const { code, stderr } = await cli.run(...verb);
      expect(code).toBe(3);
      expect(stderr).toContain("nothing is running for");
    }
  });
});

describe("a client that", () => {
  async function connectTo(cli: Cli) {
    const folder = join(cli.folder, ".run");
    const socket = connect(join(folder, readdirSync(folder).find((name) => name.endsWith(".sock"))!));
    let answer = "";
    socket.setEncoding("utf8").on("data", (text) => {
      answer += text;
    });
    const closed = new Promise<string>((resolve) => socket.once("close", () => resolve(answer)));
    return { socket, closed };
  }

  it.each([
    ["sends nonsense", "hello\n", "the request could not be read"],
    ["asks for what there is not", '{"verb":"toString"}\n', 'there is no verb \\"toString\\"'],
    ["sends without end", "x".repeat(200_000), "the request could not be read"],
  ])("%s is refused, and the tree goes on", async (_, text, refusal) => {
    const { cli } = await createRunning();
    const { socket, closed } = await connectTo(cli);
    socket.write(text);
    expect(await closed).toContain(refusal);
    expect((await cli.run("health")).code).toBe(0);
  });

  it("goes away in the middle does not disturb the tree", async () => {
    const { cli } = await createRunning();
    const { socket, closed } = await connectTo(cli);
    socket.write('{"verb":"logs","follow":true}\n{"verb":"sta');
    socket.destroy();
    await closed;
    expect((await cli.run("down")).code).toBe(0);
  });
});

it("a start that takes long says what it waits for", async () => {
  const { cli } = await createRunning();
  const restart = cli.start("restart", "after");
  await restart.says("after: waiting for stuck (launching)");
  expect(restart.stdout).toBe("");
  await cli.run("down");
  expect((await restart.ended).code).toBe(1);
});
