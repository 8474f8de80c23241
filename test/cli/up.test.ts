// `up`: runs the tree in the foreground, prints what happens, and ends as the user asks.

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createCli, forever, node, processesWith, sleeper, until } from "./support.ts";

const hello = ["sh", "-c", "echo hello; echo oh >&2; exec sleep 1000"];

describe("up", () => {
  it("prints changes and output with the names of the services, and ends with a summary: exit code 0", async () => {
    const cli = createCli();
    cli.write("statevisor.config.yaml", {
      name: "app",
      services: [
        { name: "db", command: sleeper("ready to go"), readyOn: { line: "ready" } },
        { name: "web", command: hello, dependsOn: ["db"] },
      ],
    });
    const up = cli.start("up");
    await up.says("hello");
    await up.says(/web +│ oh/);
    up.child.kill("SIGTERM");
    const { code, stdout, stderr } = await up.ended;
    expect(code).toBe(0);
    // Data on stdout, and nothing else.
    expect(stdout.replace(/^\S+ /gm, "")).toBe("db  │ ready to go\nweb │ hello\n");
    for (const line of [
      /web ○ waits for db$/m,
      /db {2}● up after \d\.\d s, pid \d+$/m,
      /web ● up after \d\.\d s, pid \d+$/m,
      /app ▪ stopping 2 services: db \(given 10 s\), web \(given 10 s\)$/m,
      /web □ stopped$/m,
      /app ▪ stopped as asked after/,
      /^SERVICE +UP +STARTS +RESTARTS +FAILURES +END$/m,
      /^db +\d\.\d s +1 +0 +0 +□ stopped$/m,
    ]) {
      expect(stderr).toMatch(line);
    }
    expect(stderr.indexOf("web □ stopped")).toBeLessThan(stderr.indexOf("db  □ stopped"));
  });

  // Case 101: the exit codes of a tree, 1 and 0.
  it("ends with 1 and the reasons when the tree fails, with the last output of the service that failed", async () => {
    const cli = createCli();
    cli.write("statevisor.config.json", {
      name: "app",
      services: [
        {
          name: "web",
          command: ["sh", "-c", "echo no license >&2; exit 7"],
          restart: { maxRetries: 1, initialBackoffMs: 10 },
        },
      ],
    });
    const { code, stderr } = await cli.run("up");
    expect(code).toBe(1);
    expect(stderr).toMatch(/web ↻ .*exited with code 7.*restarts in 0\.0 s \(retry 1 of 1\)/);
    expect(stderr).toMatch(/web ✖ failed for good: .*exited with code 7/);
    expect(stderr).toMatch(/web ┆ no license/);
    expect(stderr).toMatch(/app ▪ failed after .*\n {2}because app\/web: gave up after 2 failures/);
  });

  it("ends with 0 when all services have completed and the tree shuts down", async () => {
    const cli = createCli();
    cli.write("statevisor.config.json", {
      name: "app",
      autoShutdown: "all-significant",
      services: [{ name: "job", command: node(""), significant: true }],
    });
    const { code, stderr } = await cli.run("up");
    expect([code, stderr.includes("job ✔ completed"), stderr.includes("app ▪ completed after")]).toEqual([
      0,
      true,
      true,
    ]);
  });

  // Case 111.
  it("runs only the services named and what they depend on", async () => {
    const cli = createCli();
    cli.write("statevisor.config.json", {
      name: "app",
      services: [
        { name: "db", command: hello },
        { name: "web", command: hello, dependsOn: ["db"] },
        { name: "mail", command: hello },
      ],
    });
    const up = cli.start("up", "web");
    await up.says(/web ● up/);
    const [status] = await cli.json("status");
    expect((status!.tree as { services: { name: string }[] }).services.map(({ name }) => name)).toEqual(["db", "web"]);
    expect((await cli.run("up", "wep")).code).toBe(2);
  });

  it("cut short by a second signal kills what is left: exit code 130", async () => {
    const cli = createCli();
    cli.write("statevisor.config.json", {
      name: "app",
      services: [
        {
          name: "deaf",
          command: node(`process.on("SIGTERM", () => console.log("no")); console.log("deaf"); ${forever}`),
          readyOn: { line: "deaf" },
        },
      ],
    });
    const up = cli.start("up");
    await up.says(/deaf ● up/);
    up.child.kill("SIGTERM");
    await up.says("deaf │ no");
    up.child.kill("SIGINT");
    const { code, stderr } = await up.ended;
    expect(code).toBe(130);
    expect(stderr).toContain("cut short by a second signal");
    expect(processesWith(`console.log("no")`)).toEqual([]);
  });

  it("says after 5 s what a service waits for", async () => {
    const cli = createCli();
    cli.write("statevisor.config.json", {
      name: "app",
      services: [
        { name: "db", command: hello, readyOn: { line: "never said" } },
        { name: "web", command: hello, dependsOn: ["db"] },
      ],
    });
    const up = cli.start("up");
    await up.says(/web … waiting for db \(launching\)/);
    await up.says(/db {2}… launching for [5-9]\.\d s; it is given 30\.0 s/);
  });

  it("prints documents with --json, one a line, and nothing else", async () => {
    const cli = createCli();
    cli.write("statevisor.config.json", {
      name: "app",
      services: [{ name: "web", command: ["sh", "-c", "echo hi; exit 1"], restart: { maxRetries: 0 } }],
    });
    const { code, stdout, stderr } = await cli.run("up", "--json");
    const documents = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect([code, stderr]).toEqual([1, ""]);
    expect(documents.every(({ schemaVersion }) => schemaVersion === 1)).toBe(true);
    expect(documents.find(({ type }) => type === "output")).toMatchObject({
      path: "app/web",
      stream: "stdout",
      text: "hi",
    });
    const failed = documents.find(({ update }) => update?.path === "app/web" && update.to === "failed");
    expect(failed.update.exit.error.message).toContain("exited with code 1");
    expect(documents.at(-1)).toMatchObject({ type: "summary", exitCode: 1, outcome: "failed" });
  });

  it("goes on when the reader of its output has gone", async () => {
    const cli = createCli();
    cli.write("statevisor.config.json", {
      name: "app",
      services: [{ name: "web", command: node("setInterval(() => console.log('tick'), 20)") }],
    });
    const up = cli.start("up");
    await up.says("tick");
    up.child.stdout!.destroy();
    await until("it writes to nobody", async () => {
      const lines = await cli.json("logs", "-n", "1000");
      return lines.length > 50;
    });
    expect((await cli.json("health"))[0]).toMatchObject({ status: "healthy" });
    expect((await cli.run("down")).code).toBe(0);
    expect((await up.ended).code).toBe(0);
  });
});

describe("a config that is not valid", () => {
  it.each([
    [
      "an unknown key",
      "statevisor.config.yaml",
      "name: app\nservcies: []\n",
      'servcies: unknown key; did you mean "services"?',
    ],
    [
      "a cycle",
      "statevisor.config.json",
      {
        name: "app",
        services: [
          { name: "a", command: ["x"], dependsOn: ["b"] },
          { name: "b", command: ["x"], dependsOn: ["a"] },
        ],
      },
      "a -> b -> a",
    ],
    [
      "an unknown dependency",
      "statevisor.config.json",
      {
        name: "app",
        services: [
          { name: "web", command: ["x"] },
          { name: "b", command: ["x"], dependsOn: ["wep"] },
        ],
      },
      'did you mean "web"?',
    ],
    [
      "a module that throws",
      "statevisor.config.mjs",
      "throw new Error('no secrets')",
      "it cannot be loaded: no secrets",
    ],
    ["a module with a slip in its syntax", "statevisor.config.ts", "export default {", "it cannot be loaded"],
    [
      "a module without a default export",
      "statevisor.config.ts",
      "export const a = 1;",
      "the default export must be a SupervisorSpec",
    ],
  ])("(%s) is reported with its file, and nothing is started: exit code 4", async (_, name, content, message) => {
    const cli = createCli();
    const file = cli.write(name, content);
    const { code, stdout, stderr } = await cli.run("up");
    expect([code, stdout]).toEqual([4, ""]);
    expect(stderr).toContain(file);
    expect(stderr).toContain(message);
    expect(existsSync(join(cli.folder, ".run"))).toBe(false);
  });

  it("that is missing is reported with the places that were searched", async () => {
    const { code, stderr } = await createCli().run("up");
    expect(code).toBe(4);
    expect(stderr).toContain("statevisor init");
  });
});

describe("a config in TypeScript", () => {
  it("may be a function that returns the tree later, with services in this process whose stray errors are theirs", async () => {
    const cli = createCli();
    cli.write(
      "statevisor.config.ts",
      `import { setTimeout as sleep } from "node:timers/promises";
       interface Options { retries: number }
       const options: Options = { retries: 0 };
       export default async () => {
         await sleep(1);
         return { name: "app", services: [
           { name: "steady", run: ({ signal, log }) => { log.info({ port: 1 }, "here"); return new Promise((done) => signal.addEventListener("abort", done)); } },
           { name: "wild", critical: false, restart: { maxRetries: options.retries },
             run: ({ signal }) => { setTimeout(() => { throw new Error("stray"); }, 20); return new Promise((done) => signal.addEventListener("abort", done)); } },
         ] };
       };`,
    );
    const up = cli.start("up");
    await up.says("wild   ✖ failed for good: stray");
    await up.says("uncaught errors count as failures of the service that they come from");
    await up.says('steady │ here {"port":1}');
    expect((await cli.json("health"))[0]).toMatchObject({ status: "degraded" });
  });
});

describe("the control socket", () => {
  it("is open to its user alone, and one project runs once", async () => {
    const cli = createCli();
    cli.write("statevisor.config.json", { name: "app", services: [{ name: "web", command: hello }] });
    const up = cli.start("up");
    await up.says(/web ● up/);
    const folder = join(cli.folder, ".run");
    expect((statSync(folder).mode & 0o777).toString(8)).toBe("700");
    const [socket] = (await import("node:fs")).readdirSync(folder).filter((name) => name.endsWith(".sock"));
    expect((statSync(join(folder, socket!)).mode & 0o777).toString(8)).toBe("600");

    const second = await cli.run("up");
    expect(second.code).toBe(2);
    expect(second.stderr).toContain("this project is running already");
    expect((await cli.json("health"))[0]).toMatchObject({ status: "healthy" });
  });

  it("of one that was killed is taken over, and nothing of its tree is left", async () => {
    const cli = createCli();
    const mark = `mark${process.pid}`;
    cli.write("statevisor.config.json", {
      name: "app",
      services: [
        {
          name: "web",
          command: [...node(`process.on("SIGTERM", () => {}); console.log("deaf"); ${forever}`), mark],
          readyOn: { line: "deaf" },
          stopTimeoutMs: 300,
        },
      ],
    });
    const first = cli.start("up");
    await first.says(/web ● up/);
    first.child.kill("SIGKILL");
    await first.ended;
    await until("the guard has ended its processes", () => processesWith(mark).length === 0);
    expect((await cli.run("status")).code).toBe(3);
    const second = cli.start("up");
    await second.says(/web ● up/);
    expect((await cli.run("down")).code).toBe(0);
  });
});

describe("code in this process", () => {
  const inProcess = (services: string) => `export default { name: "app", services: [${services}] };`;
  const forAWhile = "new Promise((done) => signal.addEventListener('abort', done))";

  it("has what it writes to stdout and stderr shown as its own, in whole lines", async () => {
    const cli = createCli();
    cli.write(
      "statevisor.config.mjs",
      inProcess(`{ name: "web", run: async ({ signal }) => {
        process.stdout.write("be"); await null; console.log("gun"); console.error("oh"); await ${forAWhile}; } }`),
    );
    const up = cli.start("up");
    await up.says(/web │ begun\n/);
    await up.says(/web │ oh\n/);
    up.child.kill("SIGTERM");
    expect((await up.ended).code).toBe(0);
    expect(up.stdout.trim().split("\n")).toHaveLength(1);
  });

  it("does not stand between the documents of --json", async () => {
    const cli = createCli();
    cli.write(
      "statevisor.config.mjs",
      inProcess(`{ name: "web", run: ({ signal }) => { console.log("not JSON"); return ${forAWhile}; } }`),
    );
    const up = cli.start("up", "--json");
    await up.says("not JSON");
    up.child.kill("SIGTERM");
    const { stdout } = await up.ended;
    const documents = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(documents.find(({ type }) => type === "output")).toMatchObject({ path: "app/web", text: "not JSON" });
  });

  it("that ends the process is named", async () => {
    const cli = createCli();
    cli.write("statevisor.config.mjs", inProcess(`{ name: "quit", run: async () => { process.exit(7); } }`));
    const { code, stderr } = await cli.run("up");
    expect(code).toBe(7);
    expect(stderr).toContain("app/quit called process.exit(7)");
  });
});

it("says so when nothing runs any more", async () => {
  const cli = createCli();
  cli.write("statevisor.config.json", {
    name: "app",
    services: [{ name: "job", command: node(""), restart: "never" }],
  });
  const up = cli.start("up");
  await up.says("all services have ended; Ctrl-C ends this");
  up.child.kill("SIGINT");
  expect((await up.ended).code).toBe(0);
});
