// The stack of examples/stack: PostgreSQL, Redis, nginx and an API, run by the command, and killed one by one.

import { existsSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createCli, processesWith, until } from "./support.ts";

vi.setConfig({ testTimeout: 180_000 });

const config = fileURLToPath(new URL("../../examples/stack/statevisor.config.ts", import.meta.url));

function missingPrograms(): string[] {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const versions = existsSync("/usr/lib/postgresql") ? readdirSync("/usr/lib/postgresql") : [];
  folders.push(...versions.map((version) => `/usr/lib/postgresql/${version}/bin`));
  return ["postgres", "initdb", "redis-server", "redis-cli", "nginx"].filter(
    (program) => !folders.some((folder) => existsSync(join(folder, program))),
  );
}

const missing = missingPrograms();
if (missing.length > 0 && process.env.CI) {
  throw new Error(
    `the stack cannot be tested: ${missing.join(", ")} must be installed (Debian: postgresql redis-server nginx)`,
  );
}
if (missing.length > 0) console.warn(`the test of the stack is skipped: ${missing.join(", ")} not installed`);

interface Service {
  readonly name: string;
  readonly state: string;
  readonly phase: string | null;
  readonly pid: number | null;
  readonly incarnation: number;
  readonly restarts: number;
  readonly exit: string | null;
}

/** Four ports in a row that are free now. */
async function findPorts(): Promise<number> {
  for (let port = 20_000 + (process.pid % 20_000); ; port += 4) {
    const free = await Promise.all([0, 1, 2, 3].map((offset) => isFree(port + offset)));
    if (free.every(Boolean)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

describe.skipIf(missing.length > 0)("the stack", () => {
  it("comes up in order, comes back in order whichever service is killed, answers again, and leaves nothing", async () => {
    const port = await findPorts();
    // The user of PostgreSQL must be able to enter the folder.
    const folder = join(tmpdir(), `statevisor-stack-${process.pid}`);
    onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
    const cli = createCli({ STACK_PORT: String(port), STACK_FOLDER: folder });
    const up = cli.start("up", "-c", config);

    const services = async (): Promise<Record<string, Service>> => {
      const [document] = await cli.json("status", "-c", config);
      const all = (document?.tree as { services: Service[] } | undefined)?.services ?? [];
      return Object.fromEntries(all.map((service) => [service.name, service]));
    };
    const isHealthy = async () => (await cli.run("health", "-c", config)).stdout.startsWith("healthy");
    const visit = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });
      expect(response.status).toBe(200);
      return (await response.json()) as { greeting: string; visits: number; hitsSinceRedisStarted: number };
    };

    await until("the stack is healthy", isHealthy, 60_000);
    const started = await services();
    expect(started).toMatchObject({
      folders: { state: "stopped", exit: "completed" },
      initdb: { state: "stopped", exit: "completed" },
      postgres: { state: "running", phase: "healthy", incarnation: 1 },
      redis: { state: "running", incarnation: 1 },
      nginx: { state: "running", incarnation: 1 },
      api: { state: "running", incarnation: 1 },
    });
    expect(await visit()).toEqual({ greeting: "Welcome to the stack.", visits: 1, hitsSinceRedisStarted: 1 });

    // The processes that status names are the ones that run.
    for (const name of ["postgres", "redis", "nginx", "api"]) process.kill(started[name]!.pid!, 0);

    let visits = 1;
    for (const victim of ["redis", "postgres", "nginx", "api"]) {
      const before = await services();
      const said = up.stderr.length;
      process.kill(before[victim]!.pid!, "SIGKILL");
      await until(`${victim} is down or back`, async () => {
        const { [victim]: now } = await services();
        return now!.state !== "running" || now!.incarnation > before[victim]!.incarnation;
      });
      await until(`the stack is healthy after the death of ${victim}`, isHealthy, 60_000);

      const after = await services();
      expect(after[victim]).toMatchObject({ state: "running", restarts: before[victim]!.restarts + 1 });
      expect(after[victim]!.pid).not.toBe(before[victim]!.pid);
      // The other services ran on, except the API: it needs each of them, and came back after the one that was killed.
      for (const other of ["postgres", "redis", "nginx"].filter((name) => name !== victim)) {
        expect(after[other]!.pid).toBe(before[other]!.pid);
      }
      expect(after.api!.incarnation).toBe(before.api!.incarnation + 1);
      const story = up.stderr.slice(said);
      expect(story).toMatch(new RegExp(`${victim} +↻ .*was killed by SIGKILL`));
      if (victim !== "api") {
        expect(story).toMatch(new RegExp(`${victim} +● healthy[\\s\\S]*api +◍ up again`));
      }
      const answer = await visit();
      expect(answer.visits).toBe(++visits);
      expect(answer.hitsSinceRedisStarted).toBe(visits - 1); // Redis was killed first, and has forgotten one
    }

    expect((await cli.run("down", "-c", config)).code).toBe(0);
    expect((await up.ended).code).toBe(0);
    expect(processesWith(folder)).toEqual([]);
    expect(processesWith(`redis-server 127.0.0.1:${port + 2}`)).toEqual([]);
    expect(processesWith("examples/stack/api.mjs")).toEqual([]);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });
});
