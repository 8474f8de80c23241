// `statevisor up --watch`.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createCli, until } from "./support.ts";

it("restarts a service when its files change, once for a burst, and also one that does not come up", async () => {
  const cli = createCli();
  const app = join(cli.folder, "app");
  for (const folder of ["src", "src/deep", "node_modules"]) mkdirSync(join(app, folder), { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(app, name), text);
  write("src/main.js", "console.log('one'); setInterval(() => {}, 1000)");
  write("settings.json", "{}");
  const fields = { watch: ["src", "*.json"], ignore: ["**/*.log"], cwd: "app" };
  cli.write("statevisor.config.json", {
    name: "app",
    services: [
      {
        name: "web",
        command: [process.execPath, "src/main.js"],
        ...fields,
        restart: { initialBackoffMs: 60_000, maxBackoffMs: 60_000 },
      },
      { name: "other", command: ["sleep", "1000"] },
    ],
  });
  const up = cli.start("up", "--watch");
  await up.says("one");
  const said = () => up.stdout + up.stderr;
  const restarts = () => said().match(/restarts: .* changed/g) ?? [];
  // The watch begins after the start: what is written is written until it is seen.
  await until("the first change is seen", () => {
    if (restarts().length === 0) write("settings.json", `{ "at": ${performance.now()} }`);
    return restarts().length > 0;
  });
  expect(restarts()[0]).toBe("restarts: settings.json changed");
  await until("it is up again", () => (said().match(/web +● up/g) ?? []).length >= 2);
  const before = restarts().length;
  for (const name of ["src/a.js", "src/deep/b.js", "src/c.log", "node_modules/d.js"]) write(name, "1");
  // The last of the writes above may have come after the look that saw the first.
  const burst = () =>
    restarts()
      .slice(before)
      .filter((line) => line !== "restarts: settings.json changed");
  await until("the burst is seen", () => burst().length > 0);
  expect(burst()[0]).toMatch(/^restarts: (src\/\S+ and 1|settings\.json and 2) more changed$/);
  write("src/main.js", "throw new Error('a slip')");
  await up.says("a slip");
  await until("it waits for its next attempt", async () => (await cli.run("status", "web")).stdout.includes("backoff"));
  write("src/main.js", "console.log('mended'); setInterval(() => {}, 1000)");
  await up.says("mended");
  expect(said().match(/other +● up/g)).toHaveLength(1);
  await cli.run("stop", "web");
  const last = restarts().length;
  write("src/main.js", "console.log('stopped')");
  await cli.run("restart", "other");
  expect(restarts()).toHaveLength(last);
});
