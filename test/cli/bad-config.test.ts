// Configs that are wrong in unusual ways: the built command refuses each with exit code 4, its file and place, and no stack.
// Case K11.

import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createCli } from "./support.ts";

const service = (line: string) => `name: app\nservices:\n  - name: a\n    ${line}\n`;
const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

const data: readonly [what: string, name: string, text: string | Buffer, problem: string | RegExp][] = [
  [
    "a program without a name",
    "c.yaml",
    service('command: [""]'),
    "c.yaml:4:14: services[0].command: must be an array of strings, [file, ...args]; got an array of 1",
  ],
  [
    "a blank command for the shell",
    "c.yaml",
    service('command: "  "\n    shell: true'),
    'c.yaml:4:14: services[0].command: must be one string for the shell (shell: true); got "  " (string)',
  ],
  [
    "a port that is too large",
    "c.yaml",
    service('command: [a]\n    health: { tcp: "h:99999" }'),
    "c.yaml:5:20: services[0].health.tcp: must be an integer from 1 to 65535; got 99999 (number)",
  ],
  [
    "a URL without an end",
    "c.yaml",
    service('command: [a]\n    readiness: { http: "http://[" }'),
    'c.yaml:5:24: services[0].readiness.http: must be an absolute URL, "http://…" or "https://…"; got "http://[" (string)',
  ],
  [
    "a probe without a program",
    "c.yaml",
    service('command: [a]\n    liveness: { exec: [""] }'),
    "c.yaml:5:23: services[0].liveness.exec: must be an array of strings, [file, ...args]; got an array of 1",
  ],
  [
    "two probes in one",
    "c.yaml",
    service("command: [a]\n    health: { tcp: 1, http: 'http://a/' }"),
    "c.yaml:5:15: services[0].health.tcp: there must be only one of http, tcp, exec",
  ],
  [
    "several mistakes that the specs themselves show",
    "c.yaml",
    `name: app\nservices:\n  - { name: a, command: [""] }\n  - { name: b, command: [b], health: { tcp: 70000 } }\n`,
    /c\.yaml:3:25: services\[0\]\.command: .*\n.*c\.yaml:4:45: services\[1\]\.health\.tcp: /,
  ],
  [
    "a threshold that goes with the others alone",
    "c.yaml",
    service("command: [a]\n    liveness: { tcp: 1, successThreshold: 2 }"),
    "c.yaml:5:43: services[0].liveness.successThreshold: must be 1 (",
  ],
  [
    "services that contain themselves",
    "c.yaml",
    "name: app\nservices: &s\n  - name: x\n    services: *s\n",
    "c.yaml:4:15: services[0].services: it contains itself, by an alias of an anchor around it",
  ],
  [
    "meta that contains itself",
    "c.yaml",
    "name: app\nmeta: &m { a: *m }\nservices: []\n",
    "c.yaml:2:15: meta.a: it contains itself",
  ],
  [
    "aliases of aliases that stand for a thousand million words",
    "c.yaml",
    `a: &a [x, x, x, x, x, x, x, x, x, x]\n${[..."bcdefghi"].map((name, i) => `${name}: &${name} [${Array(10).fill(`*${"abcdefghi"[i]}`)}]\n`).join("")}`,
    "c.yaml: Excessive alias count",
  ],
  ["YAML that is nested too deeply", "c.yaml", `name: app\nmeta: { a: ${deep(200)} }\n`, "c.yaml:2:"],
  [
    "YAML that is nested without end",
    "c.yaml",
    `name: app\nmeta: { a: ${deep(20_000)} }\n`,
    "c.yaml: it is nested too deeply",
  ],
  [
    "JSON that is nested too deeply",
    "c.json",
    `{"name":"app","services":[],"meta":{"a":${deep(100_000)}}}`,
    "it is nested too deeply: more than 100 levels",
  ],
  [
    "YAML that is too long",
    "c.yaml",
    `name: app\n${"# filler\n".repeat(60_000)}`,
    "c.yaml: it is too long: more than 500,000 bytes",
  ],
  [
    "JSON that is too long",
    "c.json",
    `{"name":"app","services":[]${" ".repeat(8_000_000)}}`,
    "c.json: it is too long: more than 8,000,000 bytes",
  ],
  ["bytes that are not UTF-8", "c.yaml", Buffer.from([0xff, 0xfe, 0x6e, 0x00]), "c.yaml: it is not text in UTF-8"],
];

const modules: readonly [what: string, name: string, text: string, problem: string | RegExp][] = [
  [
    "a module that never settles",
    "c.mjs",
    "export default new Promise(() => {});",
    "it has not given its tree within 10 s",
  ],
  [
    "a module that waits for ever at its top",
    "c.ts",
    "await new Promise(() => {}); export default {};",
    "it has not given its tree within 10 s",
  ],
  ["a module that ends the process", "c.mjs", "process.exit(0);", "it has called process.exit(0) while it was loaded"],
  [
    "a function that ends the process later",
    "c.ts",
    "export default () => new Promise(() => setTimeout(() => process.exit(7), 50));",
    "it has called process.exit(7) while it was loaded",
  ],
  [
    "a module with an error in a callback",
    "c.mjs",
    "await new Promise(() => setTimeout(() => { throw new Error('late'); }, 50));",
    "c.mjs: it cannot be loaded: late",
  ],
  [
    "a tree that throws when it is read",
    "c.mjs",
    "export default { name: 'a', get services() { throw new Error('unreadable'); } };",
    /c\.mjs: .*unreadable/,
  ],
];

describe("is refused with its file and place, exit code 4, and no stack:", () => {
  it.each([...data, ...modules])("%s", async (_, name, text, problem) => {
    const cli = createCli();
    cli.write(name, text);
    const { code, stdout, stderr } = await cli.run("check", "-c", name);
    expect(stderr).toMatch(
      problem instanceof RegExp ? problem : new RegExp(problem.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")),
    );
    expect(stderr).toContain(join(cli.folder, name));
    expect(stderr).not.toMatch(/^\s+at .*\.js:\d+/m);
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
  });

  it.each(["/dev/zero", ".", "zero.yaml", "zero.json"])("%s, which is not a regular file", async (file) => {
    const cli = createCli();
    for (const name of ["zero.yaml", "zero.json"]) symlinkSync("/dev/zero", join(cli.folder, name));
    const { code, stderr } = await cli.run("check", "-c", file);
    expect(stderr).toMatch(/: it is not a file\n$/);
    expect(code).toBe(4);
  });
});

describe("is taken as it is meant:", () => {
  it("the word Infinity, in a command and in meta", async () => {
    const cli = createCli();
    cli.write("c.yaml", service("command: [echo, Infinity]\n    meta: { label: Infinity, limit: .inf }"));
    const [plan] = await cli.json("check", "-c", "c.yaml");
    expect(plan).toMatchObject({ tree: { services: [{ name: "a", meta: { label: "Infinity" } }] } });
    await cli.start("up", "-c", "c.yaml").says("│ Infinity");
  });

  it.each([
    ["c.json", '\ufeff{"name":"app","services":[]}'],
    ["c.yaml", "\ufeffname: app\nservices: []\n"],
  ])("%s with a byte order mark", async (name, text) => {
    const cli = createCli();
    cli.write(name, text);
    expect((await cli.run("check", "-c", name)).code).toBe(0);
  });
});
