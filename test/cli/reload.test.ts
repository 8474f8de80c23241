// `statevisor reload`: the config is read again, and the difference applied to the running tree.

import { expect, it } from "vitest";
import { freePorts } from "../node/probed.ts";
import { createCli, node, sleeper, until } from "./support.ts";

type Fields = Record<string, unknown>;

function createProject() {
  const cli = createCli();
  const services = (all: Record<string, Fields>) =>
    Object.entries(all).map(([name, fields]) => ({ name, command: sleeper(), ...fields }));
  return {
    ...cli,
    config: (all: Record<string, Fields>, root: Fields = {}) =>
      cli.write("statevisor.config.json", { name: "app", ...root, services: services(all) }),
    pids: async () => {
      const [{ tree }] = (await cli.json("status")) as unknown as [
        { tree: { services: { path: string; pid: number }[] } },
      ];
      return Object.fromEntries(tree.services.map(({ path, pid }) => [path, pid]));
    },
  };
}

// Case K17: an edited config is applied to the services that it changes, and to no other.
it("adds, removes and replaces services, and leaves the rest alone", async () => {
  const project = createProject();
  project.config({ db: {}, api: { dependsOn: ["db"], env: { A: 1 } }, old: {} });
  const up = project.start("up");
  await up.says(/api +● up/);
  const before = await project.pids();
  project.config({ cache: {}, db: {}, api: { dependsOn: ["db"], env: { A: 2 } } });
  const dry = await project.run("reload", "--dry-run");
  expect(dry).toMatchObject({ code: 0, stderr: "" });
  expect(dry.stdout).toBe("- old would be removed\n~ api would be changed\n+ cache would be added\n");
  expect(await project.pids()).toEqual(before);
  expect(await project.json("reload")).toMatchObject([
    { schemaVersion: 1, dryRun: false, removed: ["app/old"], changed: ["app/api"], added: ["app/cache"] },
  ]);
  const after = await project.pids();
  expect(Object.keys(after)).toEqual(["app/cache", "app/db", "app/api"]);
  expect(after["app/db"]).toBe(before["app/db"]);
  expect(after["app/api"]).not.toBe(before["app/api"]);
  expect(await project.run("reload")).toMatchObject({ code: 0, stdout: "nothing changes\n", stderr: "" });
  expect((await project.run("status")).stderr).toBe("");
  expect((await project.run("down")).code).toBe(0);
  expect((await up.ended).stdout).not.toContain("old  ");
});

it("changes nothing for a bad config, and says what of a good one does not come up", async () => {
  const project = createProject();
  project.config({ a: {}, b: {} });
  const up = project.start("up");
  await up.says(/b +● up/);
  const before = await project.pids();
  project.write("statevisor.config.json", '{ "name": "app", "services": [}');
  const bad = await project.run("reload");
  expect(bad.code).toBe(4);
  expect(bad.stderr).toContain("the config is not valid, nothing has changed");
  project.config({ a: {}, b: {} }, { strategy: "one-for-all" });
  const other = await project.run("reload");
  expect(other.code).toBe(1);
  expect(other.stderr).toContain("strategy must be one-for-one, as the running tree has it");
  expect(other.stderr).toContain("`statevisor down` and `statevisor up` apply it");
  expect(await project.pids()).toEqual(before);
  project.config({ a: {}, b: { command: ["there-is-no-such-program"] } });
  const failed = await project.run("reload");
  expect(failed.code).toBe(1);
  expect(failed.stdout).toBe("~ b changed\n");
  expect(failed.stderr).toContain("✖ app/b: start failed: app/b: cannot start there-is-no-such-program");
  expect((await project.pids())["app/a"]).toBe(before["app/a"]);
});

it("restarts instances one after another, each healthy before the next, and takes more of them", async () => {
  const project = createProject();
  const server =
    "require('node:http').createServer((_, answer) => answer.end()).listen(+process.env.PORT, '127.0.0.1')";
  const port = await freePorts(3);
  const web = { command: node(server), port, health: { http: "http://127.0.0.1:${PORT}/", intervalMs: 20 } };
  project.config({ web: { ...web, instances: 2 } });
  const up = project.start("up", "--json");
  const states = () =>
    up.stdout
      .split("\n")
      .filter((line) => line.includes('"service-health","healthy":true') || line.includes('"to":"stopping"'))
      .map((line) => (JSON.parse(line) as { update: { path: string; type: string } }).update)
      .map(({ path, type }) => `${path} ${type === "status" ? "stops" : "healthy"}`)
      .filter((word) => /web\.\d/.test(word));
  await until("both are healthy", () => states().length === 2);
  const rolled = await project.run("restart", "--rolling", "web");
  expect(rolled).toMatchObject({ code: 0, stdout: "✔ web restarted\n" });
  expect(rolled.stderr).toBe("app/web/web.1 restarts (1 of 2)\napp/web/web.2 restarts (2 of 2)\n");
  const steps = ["web.1 stops", "web.1 healthy", "web.2 stops", "web.2 healthy"];
  expect(states().slice(2)).toEqual(steps.map((step) => `app/web/${step}`));
  project.config({ web: { ...web, instances: 3 } });
  expect((await project.run("reload")).stdout).toBe("+ web/web.3 added\n");
});

it("SIGHUP without a terminal reads the config again; a module is imported anew, with what it imports", async () => {
  const cli = createCli();
  const code = (value: number) => `export const code = ${JSON.stringify(`setInterval(() => {}, ${value})`)};\n`;
  cli.write("code.ts", code(1_000));
  cli.write(
    "statevisor.config.ts",
    `import { defineProcess } from "${new URL("../../dist/src/node/index.js", import.meta.url)}";
import { code } from "./code.ts";
export default {
  name: "app",
  services: [
    defineProcess({ name: "a", command: [process.execPath, "-e", code], readyOn: "start" }),
    defineProcess({ name: "b", command: [process.execPath, "-e", "setInterval(() => {}, 1000)"], restart: { maxRetries: 2 } }),
    { name: "own", run: ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)) },
  ],
};
`,
  );
  const up = cli.start("up");
  await up.says(/own +● up/);
  cli.write("code.ts", code(2_000));
  up.child.kill("SIGHUP");
  // Code of this process always counts as changed.
  await up.says("SIGHUP: the config was read again: a, own changed");
  await until("both are up again", () => (up.stdout + up.stderr).match(/(a|own) +● up/g)?.length === 4);
  expect((up.stdout + up.stderr).match(/b +● up/g)).toHaveLength(1);
});
