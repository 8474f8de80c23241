// `statevisor import`: what is carried over from other tools, and what is told of the rest.

import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { fromCompose } from "../../src/cli/import/compose.ts";
import { toMs, toSize, toWords } from "../../src/cli/import/fields.ts";
import { fromPm2 } from "../../src/cli/import/pm2.ts";
import { fromProcessCompose } from "../../src/cli/import/process-compose.ts";
import { fromProcfile } from "../../src/cli/import/procfile.ts";
import { createCli } from "./support.ts";

const told = ({ left }: { left: readonly { place: string; text: string }[] }) =>
  left.map(({ place, text }) => `${place}: ${text}`);

describe("of PM2", () => {
  it("an app is a process that is restarted as there, and left alone when its restarts are used up", () => {
    const { config, left } = fromPm2({ apps: [{ name: "web", script: "server.js", args: "--port 80 'a b'" }] }, "shop");
    expect(left).toEqual([]);
    expect(config).toEqual({
      name: "shop",
      intensity: { maxRestarts: 16, withinMs: 30_000 },
      services: [
        {
          name: "web",
          command: ["node", "server.js", "--port", "80", "a b"],
          critical: false,
          restart: {
            policy: "always",
            maxRetries: 16,
            resetAfterMs: 1_000,
            initialBackoffMs: 100,
            multiplier: 1,
            jitter: false,
          },
          stopSignal: "SIGINT",
          stopTimeoutMs: 1_600,
        },
      ],
    });
  });

  it("its fields are ours where there are such, and are told where there are not", () => {
    const app = {
      script: "./bin/worker.py",
      cwd: "jobs",
      instances: 3,
      exec_mode: "cluster",
      increment_var: "PORT",
      env: { PORT: 4000, TEMPLATE: "${A}" },
      env_production: { A: 1 },
      autorestart: false,
      wait_ready: true,
      listen_timeout: 3_000,
      kill_timeout: 5_000,
      max_memory_restart: "300M",
      watch: ["src"],
      ignore_watch: ["tmp"],
      out_file: "out.log",
      error_file: "err.log",
      cron_restart: "0 0 * * *",
      merge_logs: true,
      uid: "www-data",
      typo: 1,
    };
    const result = fromPm2([app], "shop");
    expect(result.config).toEqual({
      name: "shop",
      services: [
        {
          name: "worker",
          command: ["python3", "./bin/worker.py"],
          cwd: "jobs",
          env: { TEMPLATE: "$${A}" },
          instances: 3,
          port: 4000,
          critical: false,
          restart: "never",
          readyOn: "signal",
          startTimeoutMs: 3_000,
          stopSignal: "SIGINT",
          stopTimeoutMs: 5_000,
          maxMemory: "300MB",
          watch: ["src"],
          ignore: ["tmp"],
          log: { file: "out.log" },
          uid: "www-data",
        },
      ],
    });
    expect(told(result).map((line) => line.slice(0, 40))).toEqual(
      [
        "apps[0].exec_mode: cluster: the instances ",
        "apps[0].error_file: is written to the sam",
        "apps[0].cron_restart: is not offered: use",
        "apps[0].env_production: is not carried over",
        "apps[0].typo: is not known here",
      ].map((line) => line.slice(0, 40)),
    );
  });
});

it("of compose: commands, environments, dependencies, checks, restarts, limits", () => {
  const file = parse(`
name: shop
services:
  db:
    image: postgres:16
    volumes: [data:/var]
    healthcheck: { test: [CMD, pg_isready], interval: 1m30s, retries: 5, start_period: 10s }
  api:
    command: node server.js --name "a b"
    working_dir: ./api
    user: "1000:1000"
    environment: [A=1, "B=x=y", HOME]
    env_file: [{ path: .env, required: false }, b.env]
    depends_on: { db: { condition: service_healthy, restart: true }, cache: { condition: service_started, required: false } }
    restart: on-failure:3
    stop_grace_period: 30s
    deploy: { replicas: 2, resources: { limits: { memory: 512m } } }
    ports: ["80:80"]
  cache: { entrypoint: [redis-server], command: [--port, "6400"], restart: unless-stopped, profiles: [dev] }
`);
  const result = fromCompose(file, "folder");
  expect(result.config).toEqual({
    name: "shop",
    services: [
      {
        name: "db",
        command: ["program-of-the-image"],
        enabled: false,
        critical: false,
        restart: "never",
        readiness: { exec: ["pg_isready"], intervalMs: 90_000, timeoutMs: 30_000, failureThreshold: 5 },
      },
      {
        name: "api",
        command: ["node", "server.js", "--name", "a b"],
        cwd: "./api",
        env: { A: "1", B: "x=y", HOME: "${HOME:-}" },
        envFile: [{ path: ".env", required: false }, "b.env"],
        instances: 2,
        maxMemory: "512MB",
        uid: 1_000,
        gid: 1_000,
        dependsOn: [
          { service: "db", condition: "healthy", onFailure: "restart" },
          { service: "cache", condition: "started", required: false },
        ],
        restart: { maxRetries: 3 },
        critical: false,
        stopTimeoutMs: 30_000,
      },
      {
        name: "cache",
        command: ["redis-server", "--port", "6400"],
        restart: { policy: "always", maxRetries: "Infinity" },
        critical: false,
        profiles: ["dev"],
      },
    ],
  });
  expect(told(result)).toEqual([
    "services.db: has no command: say which program postgres:16 runs, and take `enabled: false` away",
    "services.db.volumes: is of containers: the program sees the folders of the machine",
    "services.api.ports: the program listens on the machine itself: give it its port",
  ]);
});

it("of process-compose: shells, probes, conditions, restarts, stops", () => {
  const file = parse(`
version: "0.5"
environment: [A=1]
processes:
  db:
    command: postgres -D data
    readiness_probe: { http_get: { host: 127.0.0.1, port: 80, path: /ok }, period_seconds: 2 }
    shutdown: { signal: 2, timeout_seconds: 3, parent_only: true }
    availability: { restart: on_failure, backoff_seconds: 2, max_restarts: 0 }
  api:
    command: "node server.js"
    depends_on: { db: { condition: process_healthy }, job: { condition: process_completed_successfully } }
    ready_log_line: "ready (1)"
    replicas: 2
    is_tty: true
  job: { command: "true", disabled: true, availability: { restart: exit_on_failure } }
`);
  const result = fromProcessCompose(file, "shop");
  expect(result.config).toEqual({
    name: "shop",
    env: { A: "1" },
    services: [
      {
        name: "db",
        command: "postgres -D data",
        shell: true,
        critical: false,
        restart: {
          policy: "on-failure",
          initialBackoffMs: 2_000,
          multiplier: 1,
          jitter: false,
          maxRetries: "Infinity",
        },
        readiness: { http: "http://127.0.0.1:80/ok", initialDelayMs: 0, intervalMs: 2_000, timeoutMs: 1_000 },
        stopSignal: "SIGINT",
        stopTimeoutMs: 3_000,
        stopMode: "leader",
      },
      {
        name: "api",
        command: "node server.js",
        shell: true,
        instances: 2,
        dependsOn: [
          { service: "db", condition: "healthy" },
          { service: "job", condition: "completed" },
        ],
        restart: "never",
        critical: false,
        readyOn: { line: "ready \\(1\\)" },
      },
      { name: "job", command: "true", shell: true, enabled: false, restart: "never", critical: true },
    ],
  });
  expect(told(result)).toEqual(["processes.api.is_tty: give it `stdin: tty`, which one service at a time may have"]);
});

it("of a Procfile: lines, with what shells expand left to them", () => {
  const result = fromProcfile("# comment\nweb: node a.js -p ${PORT} $$\nweb: b\nnothing\n", "shop");
  expect(result.config).toEqual({
    name: "shop",
    services: [
      { name: "web", command: "node a.js -p $${PORT} $$$$", shell: true, port: 5_000 },
      { name: "web-2", command: "b", shell: true },
    ],
  });
  expect(told(result)).toEqual([
    '3: named "web-2", since "web" is there already',
    '4: left out, since it is not "name: command": nothing',
  ]);
});

it.each([
  [toMs("1m30s"), 90_000],
  [toMs(5), 5_000],
  [toMs("soon"), undefined],
  [toSize("512m"), "512MB"],
  [toSize("1.5G"), "1.5GB"],
  [toSize(1_024), "1024B"],
  [toSize("much"), undefined],
  [toWords(`a "b c" 'd e' f`), ["a", "b c", "d e", "f"]],
  [toWords(`--name="a b" c\\ d '' "e \\"f\\""`), ["--name=a b", "c d", "", 'e "f"']],
])("times, sizes and words: %j", (given, expected) => {
  expect(given).toEqual(expected);
});

describe("the command", () => {
  it("writes a config that runs, from an ecosystem file, and never over one that is there", async () => {
    const cli = createCli();
    const program = "console.log('hello', process.argv.at(-1), process.env.INSTANCE); setInterval(() => {}, 1000)";
    cli.write("server.js", program);
    cli.write(
      "ecosystem.config.cjs",
      `module.exports = { apps: [{ name: "web", script: "server.js", args: "world", instances: 2, env: { A: 1 }, deploy: 1 }] };`,
    );
    const imported = await cli.run("import", "ecosystem.config.cjs");
    expect(imported).toMatchObject({ code: 0, stdout: `wrote ${cli.folder}/statevisor.config.yaml\n` });
    expect(imported.stderr).toContain("ecosystem.config.cjs: apps[0].deploy: is not known here\n");
    const up = cli.start("up");
    await up.says("hello world 0");
    await up.says("hello world 1");
    expect((await cli.run("import", "ecosystem.config.cjs")).code).toBe(2);
  });

  it("says what is to be mended, and what it cannot read", async () => {
    const cli = createCli();
    cli.write("docker-compose.yml", "services: { web: { command: [node, a.js], depends_on: [db] } }\n");
    const imported = await cli.run("import", "docker-compose.yml");
    expect(imported.code).toBe(4);
    expect(imported.stderr).toContain("still to mend");
    expect(imported.stderr).toContain('depends on "db", which is not a sibling of it');
    const other = createCli();
    other.write("a.yaml", "x: 1\n");
    expect((await other.run("import", "a.yaml")).stderr).toContain("none of the files that can be imported");
    expect((await other.run("import", "no.yaml")).code).toBe(4);
  });
});
