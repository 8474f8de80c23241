// The package as users get it: packed, installed in an empty project, used from JavaScript and from TypeScript.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { findDeadLinks, findPages, root } from "../support/pages.ts";

const project = mkdtempSync(join(tmpdir(), "statevisor-package-"));
const installed = join(project, "node_modules", "statevisor");

function run(file: string, args: readonly string[], cwd: string): string {
  return execFileSync(file, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

beforeAll(() => {
  run("npm", ["pack", "--pack-destination", project], root);
  const tarball = readdirSync(project).find((name) => name.endsWith(".tgz"))!;
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", `./${tarball}`], project);
}, 120_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

const program = `
const supervisor = createSupervisor({
  name: "app",
  services: [{ name: "clock", start: () => "tick", stop: (value) => console.log("stopped", value) }],
});
await supervisor.start();
console.log(supervisor.health().status, supervisor.status("clock").state);
await supervisor.stop();
`;

describe("the packed package", () => {
  it("the package works in JavaScript", () => {
    writeFileSync(join(project, "main.mjs"), `import { createSupervisor } from "statevisor";${program}`);
    expect(run(process.execPath, ["main.mjs"], project)).toBe("healthy running\nstopped tick\n");
  });

  it("the package works in TypeScript, with the type of a dependency's value", () => {
    const source = `
import { createSupervisor, defineService, SupervisorError, type Update } from "statevisor";
import { serviceMachine } from "statevisor/machines";
const database = defineService({ name: "database", start: async () => ({ query: (sql: string) => [sql] }) });
const api = defineService({
  name: "api",
  dependsOn: [database],
  run: async ({ use }) => {
    const rows: string[] = use(database).query("select 1");
    // @ts-expect-error: the value of the dependency has no such member
    use(database).nothing;
    console.log(rows.length, serviceMachine.id);
  },
});
const supervisor = createSupervisor({ name: "app", services: [database, api] });
supervisor.on("status", (update) => update.to satisfies string);
const exit: Promise<unknown> = supervisor.exit;
export type { Update };
export { exit, SupervisorError };
`;
    writeFileSync(join(project, "main.ts"), source);
    const tsc = join(root, "node_modules", ".bin", "tsc");
    const options = [
      "--noEmit",
      "--strict",
      "--module",
      "nodenext",
      "--target",
      "es2022",
      "--lib",
      "es2023,dom",
      "--types",
      "",
    ];
    expect(run(tsc, [...options, "main.ts"], project)).toBe("");
  });

  it("a Fetch handler without the package that serves it is refused, by that package's name", () => {
    const source = `
import { createSupervisor } from "statevisor";
import { defineHttpServer } from "statevisor/node";
const handler = { fetch: () => new Response("hi") };
try {
  defineHttpServer({ name: "web", listener: handler });
} catch (error) {
  console.log(error.code, error.message);
}
const web = defineHttpServer({ name: "web", restart: "never", critical: true, createListener: () => handler });
await createSupervisor({ name: "app", services: [web] }).start().catch(({ cause }) => console.log(cause.message));
`;
    writeFileSync(join(project, "fetch.mjs"), source);
    const missing = "a Fetch handler is served by the package @hono/node-server, which is not installed";
    const lines = run(process.execPath, ["fetch.mjs"], project).trimEnd().split("\n");
    expect(lines).toEqual([
      `ERR_INVALID_SPEC web: ${missing}: npm install @hono/node-server`,
      `app/web: ${missing}: npm install @hono/node-server`,
    ]);
  });

  it("the core, the charts and the testing kit work with no other package than xstate and immer", () => {
    const bare = mkdtempSync(join(tmpdir(), "statevisor-bare-"));
    onTestFinished(() => rmSync(bare, { recursive: true, force: true }));
    mkdirSync(join(bare, "node_modules"), { recursive: true });
    for (const name of ["immer", "statevisor", "xstate"]) {
      cpSync(join(project, "node_modules", name), join(bare, "node_modules", name), { recursive: true });
    }
    const program = `
      import { createSupervisor } from "statevisor";
      import { serviceMachine } from "statevisor/machines";
      import { createScriptedService } from "statevisor/testing";
      const tree = createSupervisor({ name: "app", services: [createScriptedService("a").spec] });
      await tree.start();
      console.log(tree.health().status, serviceMachine.id);
      await tree.stop();`;
    writeFileSync(join(bare, "main.mjs"), program);
    expect(run(process.execPath, ["main.mjs"], bare)).toBe("healthy service\n");
  });

  it("the package brings the command, and the schema of its config files", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    const bin = join(project, "node_modules", ".bin", "statevisor");
    expect(run(bin, ["--version"], project)).toBe(`${version}\n`);
    writeFileSync(join(project, "statevisor.config.yaml"), "name: app\nservices: [{ name: a, command: [a] }]\n");
    expect(run(bin, ["graph"], project)).toContain("└── a");
    const schema = join(project, "node_modules", "statevisor", "dist", "schema.json");
    expect(JSON.parse(readFileSync(schema, "utf8"))).toMatchObject({ title: "statevisor config" });
  });

  it("the package holds what is used and what its pages link to, and nothing else", () => {
    const packed = run("npm", ["pack", "--dry-run", "--json"], root);
    const paths = (JSON.parse(packed) as [{ files: { path: string }[] }])[0].files.map(({ path }) => path);
    const pages = [".github/CONTRIBUTING.md", "README.md", "machines/README.md", "src/README.md", "examples/README.md"];
    expect(paths).toEqual(expect.arrayContaining(["LICENSE", "package.json", "dist/src/index.js", ...pages]));
    const folders = /^(dist|src|machines|examples)\//;
    const files = ["LICENSE", "package.json", "README.md", ".github/CONTRIBUTING.md", "test/bench/README.md"];
    expect(paths.filter((path) => !folders.test(path) && !files.includes(path))).toEqual([]);
    expect(paths.filter((path) => /node_modules|\.test\.ts$|\.tsbuildinfo$/.test(path))).toEqual([]);
  });

  it("every link of every page leads somewhere once the package is installed", () => {
    const pages = findPages(installed);
    expect(pages.length).toBeGreaterThan(5);
    expect(pages.flatMap((page) => findDeadLinks(installed, page).map((link) => `${page}: ${link}`))).toEqual([]);
  });

  it("a stack is mapped to the sources that the package ships", () => {
    const program = `
      import { createSupervisor } from "statevisor";
      try { createSupervisor({ name: "" }); } catch (error) { console.log(error.stack); }`;
    writeFileSync(join(project, "stack.mjs"), program);
    const stack = run(process.execPath, ["--enable-source-maps", "stack.mjs"], project);
    const named = [...stack.matchAll(/\((?:file:\/\/)?(\/.*\.ts):\d+:\d+\)/g)].map((match) => match[1]!);
    expect(named).toContain(join(installed, "src", "supervisor.ts"));
    expect(named.filter((file) => !existsSync(file))).toEqual([]);
  });
});
