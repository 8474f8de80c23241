// What `up` and the other verbs tell a person about a service: the reason, short enough to be read, and no more.

import { describe, expect, it } from "vitest";
import { createCli, forever, node, sleeper } from "./support.ts";

// Case K9.
it("the reason of an end comes before its command, which is shortened in its middle", async () => {
  const cli = createCli();
  const command = [...node("console.error('no license'); process.exit(7)"), "x".repeat(700), "--last=word"];
  cli.write("statevisor.config.json", { name: "app", services: [{ name: "web", command, restart: "never" }] });
  const up = cli.start("up");
  await up.says(/web ✖ .*/);
  const line = /web ✖ .*/.exec(up.stderr)![0];
  expect(line).toMatch(/^web ✖ failed for good: exited with code 7 \(.* … x+ --last=word\)$/);
  expect(line.length).toBeLessThan(200);
  await up.says(/web ┆ no license/);
});

// Case K16.
it("a service that completes as soon as it has started is told as odd, unless it is a job", async () => {
  const cli = createCli();
  cli.write("statevisor.config.json", {
    name: "app",
    services: [
      { name: "css", command: ["cat"] },
      { name: "watcher", command: ["cat"], stdin: "pipe" },
      { name: "job", command: ["true"], restart: "never" },
      { name: "migrate", command: ["true"] },
      { name: "web", command: sleeper(), dependsOn: [{ service: "migrate", condition: "completed" }] },
    ],
  });
  const up = cli.start("up");
  await up.says(/css completed 0\.\d s after its start: if it is a job, say `restart: never`; .* `stdin: pipe`/);
  await up.says(/web +● up/);
  up.child.kill("SIGTERM");
  const { code, stderr } = await up.ended;
  expect(stderr).toMatch(/watcher □ stopped/);
  expect(stderr.match(/after its start/g)).toHaveLength(1);
  expect(code).toBe(0);
});

// Case K20.
describe("the other verbs say what is so", () => {
  it("of a service that a change has left as it was", async () => {
    const cli = createCli();
    cli.write("statevisor.config.json", {
      name: "app",
      services: [
        { name: "css", command: ["true"] },
        { name: "web", command: sleeper() },
        { name: "gone", command: ["statevisor-no-such"], critical: false },
      ],
    });
    const up = cli.start("up");
    await up.says(/css +✔ completed/);
    expect((await cli.run("stop", "css", "gone", "web")).stdout).toBe(
      "✔ css has completed, and does not run\n✔ gone has failed, and does not run\n✔ web stopped\n",
    );
    expect((await cli.run("start", "web")).stdout).toBe("✔ web started\n");
    expect((await cli.run("start", "web")).stdout).toBe("✔ web runs already\n");
  });

  it("of a failure, with the places in the code of the user, and none in ours", async () => {
    const cli = createCli();
    const file = cli.write(
      "statevisor.config.mjs",
      `const fail = () => { throw new TypeError("no disk"); };
       export default { name: "app", services: [
         { name: "web", critical: false, restart: "never", run: () => fail() },
         { name: "gives-up", critical: false, restart: { maxRetries: 0 }, run: () => fail() },
       ] };`,
    );
    const up = cli.start("up");
    await up.says(/gives-up ✖ failed for good/);
    const { stdout } = await cli.run("explain", "web");
    expect(stdout).toMatch(/last failure: TypeError: no disk\n +at fail \(.*statevisor\.config\.mjs:1:\d+\)\n/);
    expect(stdout).toContain(file);
    expect(stdout.match(/^ +at /gm)!.length).toBeLessThanOrEqual(2);
  });
});

// Case K20.
it("`logs` prints as many lines as it is asked for, and the last run after its end", async () => {
  const cli = createCli();
  const talk = "for (let i = 1; i <= 6000; i++) console.log('line ' + i)";
  cli.write("statevisor.config.json", {
    name: "app",
    services: [
      { name: "talker", command: node(`${talk}; ${forever}`), readyOn: { line: "line 6000" } },
      { name: "other", command: sleeper("other"), readyOn: { line: "other" } },
    ],
  });
  expect((await cli.run("logs")).code).toBe(3);
  const up = cli.start("up");
  await up.says(/talker +● up/);
  expect(await cli.json("logs", "talker", "-n", "5000")).toHaveLength(5_000);
  up.child.kill("SIGTERM");
  await up.ended;
  const { code, stdout, stderr } = await cli.run("logs", "talker", "-n", "2");
  expect(stderr).toMatch(/^nothing is running; this is of the run that ended at \d\d:\d\d:\d\d\n$/);
  expect(stdout.replace(/^\S+ /gm, "")).toBe("talker │ line 5999\ntalker │ line 6000\n");
  expect(code).toBe(0);
  expect(await cli.json("logs", "-n", "10000")).toHaveLength(6_001);
  expect((await cli.run("logs", "talkr")).code).toBe(2);
  expect((await cli.run("logs", "-f")).code).toBe(3);
  expect((await cli.run("status")).code).toBe(3);
});

// Case K17.
it("verbs say that the config file is newer than what runs", async () => {
  const cli = createCli();
  const config = (...names: string[]) =>
    cli.write("statevisor.config.json", {
      name: "app",
      services: names.map((name) => ({ name, command: sleeper() })),
    });
  config("a");
  const up = cli.start("up");
  await up.says(/a +● up/);
  expect((await cli.run("status")).stderr).toBe("");
  config("a", "b");
  const newer = "statevisor.config.json is newer than what runs; `statevisor reload` applies it\n";
  expect((await cli.run("status")).stderr).toBe(newer);
  expect(await cli.json("status")).toMatchObject([{ configChanged: true }]);
  expect((await cli.run("restart", "a")).stderr).toBe(newer);
  const added = await cli.run("start", "b");
  expect(added.stderr).toContain(newer);
  expect(added.code).toBe(2);
});
