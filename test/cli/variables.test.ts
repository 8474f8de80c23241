// Variables, env files, instances and profiles of config files of data.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ConfigError } from "../../src/cli/config/problems.ts";
import { type DataOptions, readData } from "../../src/cli/config/read-data.ts";
import type { ChildSpec } from "../../src/index.ts";
import { madeFrom, type ProcessSpec } from "../../src/node/index.ts";

/** A folder with these files; returns the path of its config. */
function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "statevisor-variables-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return join(folder, "app.yaml");
}

/** The services of a config, by name, as `defineProcess` was given them. */
function read(text: string, options: DataOptions = {}, files: Record<string, string> = {}) {
  const { spec } = readData(folderWith(files), text, { shell: {}, ...options });
  return Object.fromEntries(spec.services.map((child) => [child.name, processOf(child)]));
}

const processOf = (child: ChildSpec) => madeFrom(child)?.args[0] as ProcessSpec;

function problemOf(text: string, files: Record<string, string> = {}): string {
  try {
    read(text, {}, files);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message
      .split("\n")
      .slice(1)
      .join("\n")
      .replaceAll(/\S*\/app\.yaml/g, "app.yaml");
  }
  throw new Error("it was accepted");
}

const service = (fields: string, command = "[a]") =>
  `name: app\nservices:\n  - { name: a, command: ${command}, ${fields} }\n`;

describe("variables", () => {
  it.each([
    ["${A}", "one"],
    ["${A}/${A}", "one/one"],
    ["${NONE:-two}", "two"],
    ["${EMPTY:-two}", "two"],
    ["${EMPTY}x", "x"],
    ["${NONE:-}", ""],
    ["$A $5 $", "$A $5 $"],
    ["$${A} $$", "${A} $"],
  ])("%s", (text, expected) => {
    const { a } = read(service(`env: { X: "${text}" }`), { shell: { A: "one", EMPTY: "" } });
    expect(a!.env).toEqual({ X: expected });
  });

  it("a string that is one variable may stand for a number or a truth value", () => {
    const text = service('stopTimeoutMs: "${STOP}", critical: "${CRITICAL}", health: { tcp: "${P}" }');
    const { a } = read(text, { shell: { STOP: "7", CRITICAL: "false", P: "80" } });
    expect(a).toMatchObject({ stopTimeoutMs: 7, critical: false });
    expect(madeFrom((a!.health as { check: unknown }).check)?.args).toEqual([80, "127.0.0.1"]);
  });

  it.each([
    ["${NONE}", "the variable NONE is not set; write ${NONE:-text} for a default, $${ for the two characters"],
    ["${A B}", '"${" begins a variable, ${NAME} or ${NAME:-text}; write $${ for the two characters'],
  ])("%s is a mistake with its place", (text, message) => {
    expect(problemOf(service(`env: { X: "${text}" }`))).toBe(`  app.yaml:3:40: services[0].env.X: ${message}`);
  });
});

describe("env files", () => {
  const files = { ".env": "A=1\nB=${A}2\nC='x y'\n", "b.env": "A=3\nD=${SHELL_ONLY}\n" };

  it("the later wins, the shell over them all, `env` over the shell, and that of a service over that of the top", () => {
    const text = `name: app\nenvFile: [.env, b.env]\nenv: { TOP: t, E: top }\n${service("envFile: { path: c.env, required: false }, env: { E: own, S: null }").slice(10)}`;
    const { a } = read(text, { shell: { C: "shell", SHELL_ONLY: "s" } }, files);
    expect(a!.env).toEqual({ A: "3", B: "12", D: "s", TOP: "t", E: "own", S: undefined });
  });

  it("give variables to the strings of the file, where the shell does not", () => {
    const text = `name: app\nenvFile: .env\n${service('cwd: "${B}-${C}"').slice(10)}`;
    expect(read(text, { shell: { C: "shell" } }, files).a!.cwd).toMatch(/\/12-shell$/);
  });

  it("are those of a service alone where it names them", () => {
    const { a } = read(service("envFile: .env"), {}, files);
    expect(a!.env).toEqual({ A: "1", B: "12", C: "x y" });
  });

  it.each([
    [
      "envFile: no.env",
      /services\[0\].envFile: there is no file .*no\.env; \{ path, required: false \} goes on without/,
    ],
    ["envFile: [.env, '.']", /services\[0\].envFile\[1\]: .* is not a file/],
    ["envFile: bad.env", /services\[0\].envFile: .*bad\.env: X: the variable NONE is not set/],
    ["envFile: 3", /services\[0\].envFile: must be a string, a mapping or a list; got 3/],
  ])("a mistake in %s is told with its place", (fields, message) => {
    expect(problemOf(service(fields), { ...files, "bad.env": "X=${NONE}\n" })).toMatch(message);
  });

  it("a missing one at the top is told, and its path may have variables of the shell", () => {
    const text = 'name: app\nenvFile: "${STAGE:-dev}.env"\nservices: []\n';
    expect(problemOf(text)).toMatch(/app\.yaml:2:10: envFile: there is no file .*dev\.env/);
  });
});

describe("instances", () => {
  const pool = (fields: string) => {
    const { spec } = readData(folderWith({}), service(fields), { shell: {} });
    return spec.services[0]!;
  };

  it("are services of a supervisor, each with its INSTANCE and its PORT, which its strings may name", () => {
    const web = pool(
      'instances: 2, port: 3000, dependsOn: [], critical: false, health: { http: "http://127.0.0.1:${PORT}/" }',
    );
    expect(web).toMatchObject({ name: "a", dependsOn: [], critical: false });
    const instances = web.services!.map(processOf);
    expect(instances.map(({ name, env }) => ({ name, env }))).toEqual([
      { name: "a.1", env: { INSTANCE: "0", PORT: "3000" } },
      { name: "a.2", env: { INSTANCE: "1", PORT: "3001" } },
    ]);
    const urls = instances.map(({ health }) => madeFrom((health as { check: unknown }).check)?.args[0]);
    expect(urls).toEqual(["http://127.0.0.1:3000/", "http://127.0.0.1:3001/"]);
    for (const instance of instances) expect(instance).not.toHaveProperty("critical");
  });

  it("sharePort gives them all the same port, which may be a variable", () => {
    const text = service('instances: 2, port: "${BASE}", sharePort: true', '[a, "${PORT}"]');
    const [web] = readData(folderWith({}), text, { shell: { BASE: "80" } }).spec.services;
    expect(web!.services!.map((one) => processOf(one).command)).toEqual([
      ["a", "80"],
      ["a", "80"],
    ]);
    expect(web!.services!.map((one) => processOf(one).env)).toEqual([
      { INSTANCE: "0", PORT: "80" },
      { INSTANCE: "1", PORT: "80" },
    ]);
  });

  it("a port alone is PORT", () => {
    expect(read(service("port: 8080")).a!.env).toEqual({ PORT: "8080" });
  });
});

describe("profiles", () => {
  const text = `name: app
services:
  - { name: web, command: [web], dependsOn: [{ service: debug, required: false }] }
  - { name: debug, command: [debug], profiles: [dev] }
  - { name: off, command: [off], enabled: false }
`;
  const names = (options?: DataOptions) => Object.keys(read(text, options));

  it("leave a service out unless its profile is chosen, and one that is not enabled", () => {
    expect(names()).toEqual(["web", "debug", "off"].slice(0, 1));
    expect(names({ isWanted: ({ profiles }) => profiles?.includes("dev") ?? true })).toEqual(["web", "debug", "off"]);
    expect(read(text).web!.dependsOn).toEqual([]);
  });

  it("a service that requires one that is left out is a mistake", () => {
    const required = text.replace("{ service: debug, required: false }", "debug");
    expect(problemOf(required)).toContain(
      'app.yaml:3:46: services[0].dependsOn[0]: depends on "debug", which does not run now: give --profile dev, or say `required: false`',
    );
    expect(problemOf(required.replace("debug]", "off]"))).toContain("name it (`up web off`), or say");
  });

  it("mistakes of a service that is left out are told all the same", () => {
    expect(problemOf(text.replace("command: [off]", 'command: [""]'))).toContain("services[2]");
  });
});
