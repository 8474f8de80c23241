// Config files of data: what is accepted, and how each mistake is reported.

import { describe, expect, it } from "vitest";
import { ConfigError } from "../../src/cli/config/problems.ts";
import { readData } from "../../src/cli/config/read-data.ts";
import { toJsonSchema } from "../../src/cli/config/schema.ts";
import { describeTree } from "../../src/index.ts";
import { madeFrom } from "../../src/node/index.ts";

/** The specs of a text. */
function read(text: string, file = "app.yaml") {
  return readData(file, text).spec;
}

/** The problems of a text, without the name of the file. */
function problemsOf(text: string, file?: string): string[] {
  try {
    read(text, file);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  }
  throw new Error("it was accepted");
}

const service = (lines: string) => `name: app\nservices:\n  - name: a\n    command: [a]\n    ${lines}\n`;

describe("a mistake", () => {
  it.each([
    [
      "an unknown key",
      service("restrat: never"),
      'app.yaml:5:5: services[0].restrat: unknown key; did you mean "restart"?',
    ],
    [
      "a value that is not one of the words",
      service("restart: sometimes"),
      'app.yaml:5:14: services[0].restart: must be "always", "on-failure", "never" or a mapping; got "sometimes" (string)',
    ],
    [
      "a word with a slip",
      service("dependsOn: [{ service: b, condition: helthy }]"),
      'app.yaml:5:42: services[0].dependsOn[0].condition: must be "started", "healthy" or "completed"; got "helthy" (string); did you mean "healthy"?',
    ],
    [
      "a key inside an alternative",
      service("restart: { maxRetrys: 3 }"),
      'app.yaml:5:16: services[0].restart.maxRetrys: unknown key; did you mean "maxRetries"?',
    ],
    [
      "a misspelt key that is required",
      "name: app\nservices:\n  - name: a\n    comand: [a]\n",
      'app.yaml:4:5: services[0].comand: unknown key; did you mean "command"?',
    ],
    [
      "a wrong type",
      service("stopTimeoutMs: soon"),
      'app.yaml:5:20: services[0].stopTimeoutMs: must be a non-negative number of milliseconds, or Infinity; got "soon" (string)',
    ],
    [
      "a number out of range",
      service("startDelayMs: -1"),
      "app.yaml:5:19: services[0].startDelayMs: must be a non-negative finite number of milliseconds; got -1 (number)",
    ],
    [
      "a bad name",
      "name: a b\nservices: []\n",
      'app.yaml:1:7: name: must be 1 to 128 of A-Z a-z 0-9 _ . -; got "a b" (string)',
    ],
    [
      "a command that is empty",
      "name: app\nservices:\n  - { name: a, command: [] }\n",
      "app.yaml:3:25: services[0].command: must be an array of strings, [file, ...args]; got an array of 0",
    ],
    [
      "no command",
      "name: app\nservices:\n  - name: a\n",
      "app.yaml:3:5: services[0].command: is missing; it must be a list or a string",
    ],
    [
      "a value with a slip in a nested supervisor",
      "name: app\nservices:\n  - name: sub\n    strategy: one-for-al\n    services: []\n",
      'app.yaml:4:15: services[0].strategy: must be "one-for-one", "one-for-all" or "rest-for-one"; got "one-for-al" (string); did you mean "one-for-all"?',
    ],
    ["a file that is not a mapping", "5", "app.yaml:1:1: must be a mapping; got 5 (number)"],
    ["an empty file", "", "app.yaml: must be a mapping; got null"],
    ["a key written twice", "name: a\nservices: []\nname: b\n", 'app.yaml:3:1: the key "name" is written twice'],
    [
      "a command that only a shell could read",
      "name: app\nservices:\n  - { name: a, command: sleep 1 }\n",
      'app.yaml:3:25: services[0].command: must be an array, [file, ...args]; got one string: write ["sleep","1"], or set shell: true',
    ],
    [
      "text that is not a regular expression",
      service("readyOn: { line: '([' }"),
      'app.yaml:5:22: services[0].readyOn.line: must be a regular expression; got "([" (string)',
    ],
    [
      "an unknown signal",
      service("stopSignal: TERM"),
      'app.yaml:5:17: services[0].stopSignal: must be the name of a signal, like "SIGTERM"; got "TERM" (string)',
    ],
    [
      "text that is not a port",
      service("liveness: { tcp: host }"),
      'app.yaml:5:22: services[0].liveness.tcp: must be a port, or "host:port"; got "host" (string)',
    ],
    [
      "text that is not a URL",
      service("readiness: { http: here }"),
      'app.yaml:5:24: services[0].readiness.http: must be an absolute URL, "http://…" or "https://…"; got "here" (string)',
    ],
    [
      "an alias without an anchor",
      "name: app\nservices: [*a]\n",
      "app.yaml:2:12: there is no anchor &a before this alias",
    ],
    [
      "a second document",
      "name: app\n---\nname: b\n",
      'app.yaml:2:1: there must be one document in the file; a second begins here ("---")',
    ],
    [
      "an unknown kind of probe",
      service("health: { htp: x }"),
      'app.yaml:5:15: services[0].health.htp: unknown key; did you mean "http"?',
    ],
  ])("%s is reported with its place and what was expected", (_, text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it("does not hide the others: all are reported, in the order of the file", () => {
    const places = problemsOf(service("foo: 1\n    restart: 5\n    env: { A: [1] }")).map(
      (problem) => problem.split(" ")[1],
    );
    expect(places).toEqual(["services[0].foo:", "services[0].restart:", "services[0].env.A:"]);
  });

  it("in the syntax of a JSON file is reported with its line, also where the text would be YAML", () => {
    expect(problemsOf("{ name: app }", "app.json")[0]).toMatch(/^app\.json:1:3: this is not JSON/);
    expect(problemsOf('{\n  "name": "a",\n}', "app.json")[0]).toMatch(/^app\.json:3:1: this is not JSON/);
  });
});

describe("a config that is valid", () => {
  it("becomes the specs that it stands for, with Infinity by its word or as YAML has it", () => {
    const spec = read(`
name: app
strategy: one-for-all
intensity: { maxRestarts: 3, withinMs: 1000 }
services:
  - name: db
    command: [db, --port, "1"]
    startTimeoutMs: .inf
    restart: { maxRetries: Infinity }
    health: { tcp: 5432, intervalMs: 500 }
  - name: group
    services:
      - name: web
        command: serve && wait
        shell: true
        restart: never
        readyOn: { line: "listening on \\\\d+" }
    dependsOn: [{ service: db, onFailure: restart }]
`);
    const tree = describeTree(spec);
    expect(tree).toMatchObject({
      name: "app",
      strategy: "one-for-all",
      intensity: { maxRestarts: 3, withinMs: 1_000 },
    });
    const [db, group] = tree.services;
    expect(db).toMatchObject({ startTimeoutMs: null, restart: { maxRetries: null }, probes: ["health"] });
    expect(group).toMatchObject({ dependsOn: [{ path: "app/db", onFailure: "restart" }] });
    expect(group!.services).toMatchObject([{ name: "web", restart: { policy: "never" }, critical: false }]);
  });
});

it("numbers in a command are words", () => {
  const [service] = read(
    "name: app\nservices: [{ name: a, command: [sleep, 3], health: { exec: [test, 1] } }]\n",
  ).services;
  expect(madeFrom(service)?.args).toMatchObject([{ command: ["sleep", "3"] }]);
});

it("anchors, merges and keys of the user's own work as in a compose file", () => {
  const [service] = read(`
x-common: &common { LEVEL: 1, NAME: a }
name: app
services:
  - name: a
    command: [a]
    env: { <<: *common, NAME: b }
`).services;
  expect(madeFrom(service)?.args).toMatchObject([{ env: { LEVEL: "1", NAME: "b" } }]);
});

describe("the JSON Schema for editors", () => {
  it("knows every key, says what each means, and refuses others", () => {
    const schema = JSON.stringify(toJsonSchema());
    for (const key of ["command", "readyOn", "dependsOn", "maxRetries", "strategy", "$schema"]) {
      expect(schema).toContain(`"${key}":`);
    }
    expect(schema).toContain('"additionalProperties":false');
    expect(schema).toContain("Consecutive failures that are retried");
  });
});
