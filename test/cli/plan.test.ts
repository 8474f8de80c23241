// check, graph, init, and what needs no tree: usage, help, version.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createCli } from "./support.ts";

const config = {
  name: "app",
  intensity: { maxRestarts: 3, withinMs: 5_000 },
  services: [
    { name: "migrate", command: ["migrate"], restart: "never" },
    { name: "db", command: ["db"], health: { tcp: 5_432 } },
    {
      name: "web",
      strategy: "one-for-all",
      dependsOn: ["db", { service: "migrate", condition: "completed", required: false }],
      services: [
        { name: "api", command: ["api"] },
        { name: "proxy", command: ["proxy"], dependsOn: ["api"], startDelayMs: 500 },
      ],
    },
  ],
};

function createProject() {
  const cli = createCli();
  cli.write("statevisor.config.json", config);
  return cli;
}

describe("check", () => {
  // Case 7.
  it("prints the tree, the start order and the stop order, and starts nothing", async () => {
    const cli = createProject();
    const { code, stdout } = await cli.run("check");
    expect(code).toBe(0);
    expect(stdout.split("\n").slice(1)).toEqual([
      "",
      "app  3 restarts within 5.0 s",
      "├── migrate  restart never",
      "├── db  health probe",
      "└── web  one-for-all, after db, after migrate completed (or without it)",
      "    ├── api",
      "    └── proxy  after api, starts 0.5 s later",
      "",
      "start order (services on one line start side by side)",
      "  1. migrate, db",
      "  2. web",
      "     web:",
      "       1. api",
      "       2. proxy",
      "",
      "stop order",
      "  1. web",
      "     web:",
      "       1. proxy",
      "       2. api",
      "  2. db, migrate",
      "",
    ]);
    expect(existsSync(join(cli.folder, ".run"))).toBe(false);
  });

  it("prints one document with --json, and finds the config from a folder below", async () => {
    const cli = createProject();
    const [document] = await cli.json("check");
    expect(document).toMatchObject({
      schemaVersion: 1,
      tree: { name: "app", startOrder: [["app/migrate", "app/db"], ["app/web"]] },
    });
    const named = await cli.run("check", "-c", join(cli.folder, "statevisor.config.json"));
    expect(named.code).toBe(0);
  });
});

describe("graph", () => {
  it("draws the tree and its dependencies as text, for mermaid, for Graphviz, and as JSON", async () => {
    const cli = createProject();
    expect((await cli.run("graph")).stdout).toContain("└── web  one-for-all, after db");
    const mermaid = (await cli.run("graph", "--format", "mermaid")).stdout;
    expect(mermaid).toContain('flowchart TD\n  subgraph n_app["app"]\n    n_app_2f_migrate["migrate"]');
    expect(mermaid).toContain("n_app_2f_web -.->|completed| n_app_2f_migrate");
    const dot = (await cli.run("graph", "--format", "dot")).stdout;
    expect(dot).toContain('"app/web" -> "app/db" [ltail="cluster_app/web"];');
    expect((await cli.json("graph"))[0]).toMatchObject({ schemaVersion: 1, tree: { name: "app" } });
  });

  it("draws the statecharts without a config", async () => {
    const cli = createCli();
    expect((await cli.run("graph", "--machine", "service")).stdout).toContain("backoff");
    expect((await cli.run("graph", "--machine", "supervisor", "--format", "mermaid")).stdout).toContain(
      "stateDiagram-v2",
    );
    expect((await cli.json("graph", "--machine", "probe"))[0]).toMatchObject({ schemaVersion: 1, id: "probe" });
    expect((await cli.run("graph", "--machine", "services")).code).toBe(2);
  });
});

describe("init", () => {
  it("writes a config that is valid, once", async () => {
    const cli = createCli();
    expect((await cli.run("init")).code).toBe(0);
    expect((await cli.run("check")).code).toBe(0);
    const again = await cli.run("init");
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("there is a config already");
  });

  // Case K13.
  it("takes the lines of a Procfile.dev over, and renames the second of one name", async () => {
    const cli = createCli();
    cli.write("Procfile.dev", "web: a\nweb: b\nweb-2: c\n");
    const { stdout, stderr } = await cli.run("init");
    expect(stdout).toBe("wrote statevisor.config.yaml from the Procfile.dev\n");
    expect(stderr).toContain('Procfile.dev:2: named "web-2", since "web" is there already');
    const [plan] = await cli.json("check");
    expect(plan).toMatchObject({ tree: { services: [{ name: "web" }, { name: "web-2" }, { name: "web-2-2" }] } });
  });

  it("takes the lines of a Procfile over", async () => {
    const cli = createCli();
    cli.write("Procfile", "# what runs\nweb: node server.js --port $PORT\nworker: node worker.js\n");
    expect((await cli.run("init")).stdout).toBe("wrote statevisor.config.yaml from the Procfile\n");
    expect(readFileSync(join(cli.folder, "statevisor.config.yaml"), "utf8")).toContain(
      "command: node server.js --port $PORT",
    );
    expect((await cli.run("check")).stdout).toContain("├── web\n└── worker");
  });
});

describe("the command", () => {
  it("prints its version, and the help of every verb", async () => {
    const cli = createCli();
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    for (const flag of ["--version", "-V"]) expect((await cli.run(flag)).stdout).toBe(`${version}\n`);
    const help = await cli.run("--help");
    expect(help.code).toBe(0);
    for (const verb of [
      "up",
      "status",
      "health",
      "logs",
      "explain",
      "start",
      "stop",
      "restart",
      "down",
      "check",
      "graph",
      "init",
    ]) {
      expect(help.stdout).toMatch(new RegExp(`^ {2}${verb}\\b`, "m"));
      expect((await cli.run(verb, "--help")).code).toBe(0);
    }
  });

  it.each([
    [["upp"], "Did you mean up?"],
    [["up", "--jsn"], "Did you mean --json?"],
    [["up", "--health-port", "99999"], "It must be a port"],
    [["logs", "-n", "some"], "It must be a number of lines"],
    [["restart"], "missing required argument"],
    [["graph", "--format", "png"], "Allowed choices are text, mermaid, dot, json, xstate"],
  ])("refuses %j with exit code 2, and says what would do", async (args, message) => {
    const { code, stdout, stderr } = await createCli().run(...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  it("uses no colours without a terminal, unless FORCE_COLOR says so", async () => {
    const painted = "\u001b[";
    expect((await createProject().run("check")).stdout).not.toContain(painted);
    const forced = createCli({ FORCE_COLOR: "1" });
    forced.write("statevisor.config.json", config);
    expect((await forced.run("check")).stdout).toContain(painted);
  });
});
