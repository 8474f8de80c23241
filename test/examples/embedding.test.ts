// The examples of statevisor inside other things: NestJS, BullMQ on a real Redis, `tsx watch`, Kubernetes.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { parseAllDocuments } from "yaml";
import { drainMs, ports, stopTimeoutMs } from "../../examples/kubernetes/settings.ts";
import { freePorts } from "../node/probed.ts";
import { temporaryFolder } from "../node/temporary-folder.ts";
import { isAlive, until } from "../support/processes.ts";
import { runExample } from "./run-example.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const hasRedis = spawnSync("redis-server", ["--version"], { stdio: "ignore" }).status === 0;

async function outputsOf(folder: string, env: NodeJS.ProcessEnv = {}) {
  const { stdout, stderr, end } = await runExample(`${folder}/main.ts`, env).ended;
  expect(stderr).toBe("");
  expect(end).toBe(0);
  const expected = readFileSync(join(root, "examples", folder, "main.out.txt"), "utf8");
  return { lines: stdout.split("\n"), expected: expected.split("\n") };
}

it("a module of NestJS has the database of the moment, and closes before it", async () => {
  const { lines, expected } = await outputsOf("nestjs", {
    TSX_TSCONFIG_PATH: join(root, "examples/nestjs/tsconfig.json"),
  });
  expect(lines).toEqual(expected);
});

it.skipIf(!hasRedis)("an order outlives a killed Redis, and the one in hand is shipped during the stop", async () => {
  const { lines, expected } = await outputsOf("bullmq");
  // The worker may be done with an order before its customer has read the answer.
  const halves = (all: string[]) => [all.slice(0, 2).sort(), all[2], all.slice(3).sort()];
  expect(halves(lines)).toEqual(halves(expected));
});

it("`tsx watch` restarts the program at a change, and leaves no process and no port behind", async () => {
  const folder = temporaryFolder();
  cpSync(join(root, "examples/watch"), folder, { recursive: true });
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/statevisor"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const port = await freePorts(1);
  const watch = spawn(process.execPath, [join(root, "node_modules/tsx/dist/cli.mjs"), "watch", "main.ts"], {
    cwd: folder,
    env: { ...process.env, PORT: String(port) },
    stdio: "ignore",
  });
  onTestFinished(() => void watch.kill("SIGKILL"));
  const visit = async (): Promise<{ greeting: string; ticker: number } | null> =>
    fetch(`http://127.0.0.1:${port}`, { headers: { connection: "close" } }).then(
      (response) => response.json() as Promise<{ greeting: string; ticker: number }>,
      () => null,
    );

  const first = await until("the program answers", visit);
  expect(first.greeting).toBe("hello");
  writeFileSync(join(folder, "greeting.ts"), 'export const greeting = "good morning";\n');
  const second = await until("the changed program answers", async () => {
    const answer = await visit();
    return answer?.greeting === "good morning" && answer;
  });
  expect(second.ticker).not.toBe(first.ticker);
  expect(isAlive(first.ticker)).toBe(false);

  watch.kill("SIGINT");
  await once(watch, "exit");
  expect(isAlive(second.ticker)).toBe(false);
  expect(await visit()).toBe(null);
});

it("the Kubernetes manifest fits the program: ports, probes, and a grace period that its stop fits into", () => {
  const file = readFileSync(join(root, "examples/kubernetes/deployment.yaml"), "utf8");
  const documents = parseAllDocuments(file);
  expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
  const [deployment, service] = documents.map((document) => document.toJS());
  const pod = deployment.spec.template;
  const [container] = pod.spec.containers;

  expect(deployment.spec.selector.matchLabels).toEqual(pod.metadata.labels);
  expect(service.spec.selector).toEqual(pod.metadata.labels);
  const named = Object.entries(ports).map(([name, containerPort]) => ({ name, containerPort }));
  expect(container.ports).toEqual(named);
  expect(service.spec.ports).toMatchObject([{ targetPort: "http" }]);
  expect(container.env).toEqual([{ name: "DRAIN_MS", value: String(drainMs) }]);
  expect(container.startupProbe.httpGet).toEqual({ path: "/startupz", port: "health" });
  expect(container.readinessProbe.httpGet).toEqual({ path: "/readyz", port: "health" });
  expect(container.livenessProbe.httpGet).toEqual({ path: "/livez", port: "health" });

  // Kubernetes stops sending before the program stops serving, and kills only after every deadline of its own has passed.
  const { periodSeconds, failureThreshold } = container.readinessProbe;
  expect(periodSeconds * failureThreshold * 1_000).toBeLessThan(drainMs);
  const stopMs = drainMs + stopTimeoutMs.api + stopTimeoutMs.database;
  expect(pod.spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(stopMs);
});

it("the program for Kubernetes answers its probes, serves on while it drains, and ends with 0", async () => {
  const port = await freePorts(2);
  const program = runExample("kubernetes/main.ts", {
    PORT: String(port),
    HEALTH_PORT: String(port + 1),
    DRAIN_MS: "500",
  });
  const ask = (at: number, path: string) =>
    fetch(`http://127.0.0.1:${at}${path}`, { headers: { connection: "close" } }).then(
      ({ status }) => status,
      () => null,
    );
  const probes = ["/startupz", "/readyz", "/livez"];
  const answers = () => Promise.all(probes.map((path) => ask(port + 1, path)));
  await until("every probe passes", async () => (await answers()).every((status) => status === 200));
  expect(await ask(port, "/ada")).toBe(200);

  program.send("SIGTERM");
  await until("it is not ready", async () => (await ask(port + 1, "/readyz")) === 503);
  expect(await ask(port, "/ada")).toBe(200);
  expect(await ask(port + 1, "/livez")).toBe(200);
  expect(await program.ended).toEqual({ stdout: "database: closed\n", stderr: "", end: 0 });
});
