// What `check` points at in a valid config.

import { expect, it } from "vitest";
import { doubtsOf } from "../../src/cli/config/doubts.ts";
import { readData } from "../../src/cli/config/read-data.ts";
import { describeTree } from "../../src/index.ts";
import { createCli } from "./support.ts";

const questionable = (services: string, root = "") => {
  const { spec } = readData("app.yaml", `name: app\n${root}\nservices:\n${services}`, { shell: {} });
  return doubtsOf(describeTree(spec), spec).map(({ path, text }) => `${path}: ${text}`);
};
const service = (fields: string) => `  - { name: a, command: [a], ${fields} }\n`;

it.each([
  ["the defaults", service("readiness: { tcp: 80 }")],
  [
    "a health check of its own port",
    service('readiness: { http: "http://localhost:80/" }, liveness: { tcp: "127.0.0.1:1" }'),
  ],
  ["readiness on another machine", service('readiness: { tcp: "db:5432" }')],
  ["one that is not critical", service("critical: false, restart: { maxRetries: 1 }")],
  ["no retries at all", service("restart: { maxRetries: 0 }")],
])("nothing is wrong with %s", (_, services) => {
  expect(questionable(services)).toEqual([]);
});

it.each([
  [
    service('health: { http: "http://db.example:80/" }'),
    "app/a: health asks db.example, another machine: while that is away, a is restarted again and again, and after 5 retries the whole tree fails; `readiness` would only mark it",
  ],
  [
    service('liveness: { tcp: "db:5432" }, restart: { maxRetries: .inf }'),
    "app/a: liveness asks db, another machine: while that is away, a is restarted again and again; `readiness` would only mark it",
  ],
  [
    service("restart: { maxRetries: 2 }"),
    "app/a: 2 retries are used up 3.0 s after the first failure, if each start fails at once; then the whole tree fails (a larger maxRetries or backoff, or `critical: false`)",
  ],
])("a service: %s", (services, doubt) => {
  expect(questionable(services)).toEqual([doubt]);
});

it("an intensity that is never exceeded, or always", () => {
  expect(questionable(service(""), "intensity: { maxRestarts: 5, withinMs: 60000 }")).toEqual([
    "app: its intensity is never exceeded: with their backoffs and retries its services restart 5 times within 1 min 0 s at most, and 5 are allowed",
  ]);
  expect(questionable(service(""), "intensity: { maxRestarts: 4, withinMs: 60000 }")).toEqual([]);
  expect(questionable(service(""), "intensity: { maxRestarts: 0, withinMs: 60000 }")).toEqual([
    "app: its intensity allows no restart at all: the first failure fails it",
  ]);
});

it("a stop that takes longer than platforms wait, and prints it after the plan", async () => {
  const slow = service("stopTimeoutMs: 31000");
  expect(questionable(slow)).toEqual(["app: a stop may take 31 s: by default it is killed by Kubernetes after 30 s"]);
  const cli = createCli();
  cli.write("statevisor.config.yaml", `name: app\nservices:\n${slow}`);
  expect((await cli.run("check")).stdout).toContain("\nquestionable\n  app: a stop may take 31 s");
  expect(await cli.json("check")).toMatchObject([{ questionable: [{ path: "app" }] }]);
});
