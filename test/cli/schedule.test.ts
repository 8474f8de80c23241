// `schedule` and `timezone` of a config, and what the command says of a service that has them.

import { expect, it } from "vitest";
import { createCli } from "./support.ts";

const config = (fields: object) => ({
  name: "app",
  services: [
    { name: "web", command: [process.execPath, "-e", "setInterval(() => {}, 1000)"] },
    { name: "job", command: [process.execPath, "-e", "console.log('done')"], ...fields },
  ],
});

it("runs at its times, and the tree is up without it", async () => {
  const cli = createCli();
  cli.write("statevisor.config.json", config({ schedule: "* * * * * *" }));
  const up = cli.start("up");
  await up.says(/web +● up/);
  await up.says(/job +◷ next run in/);
  await up.says(/job +◷ completed; next run in/);
  expect((await cli.run("status")).stdout).toMatch(/job +(◷ scheduled|◌ launching|● running)/);
  expect((await cli.run("wait", "job")).code).toBe(0);
  expect((await cli.run("explain", "job")).stdout).toMatch(/next run in|launching|running/);
  expect((await cli.run("health")).code).toBe(0);
  expect((await cli.run("down")).code).toBe(0);
  expect((await up.ended).code).toBe(0);
});

it("a pattern and a time zone that cannot be read are told with their place, and nothing is started", async () => {
  const cli = createCli();
  cli.write("statevisor.config.json", config({ schedule: "61 * * * *" }));
  const bad = await cli.run("check");
  expect(bad.code).toBe(4);
  expect(bad.stderr).toMatch(/services\[1\]\.schedule|schedule/);
  expect(bad.stderr).toContain("61 * * * *");
  cli.write("statevisor.config.json", config({ schedule: "0 3 * * *", timezone: "Mars/Olympus" }));
  expect((await cli.run("check")).stderr).toContain("Mars/Olympus");
});

it("check says that it has a schedule, and a reload changes it", async () => {
  const cli = createCli();
  cli.write("statevisor.config.json", config({ schedule: "0 3 * * *" }));
  expect((await cli.run("check")).stdout).toMatch(/job.*by schedule/);
  const up = cli.start("up");
  await up.says(/web +● up/);
  expect((await cli.run("reload")).stdout).toBe("nothing changes\n");
  cli.write("statevisor.config.json", config({ schedule: "0 4 * * *" }));
  expect((await cli.run("reload")).stdout).toBe("~ job changed\n");
  expect((await cli.run("start", "job")).code).toBe(0);
  await up.says(/job +◷ completed; next run in/);
  expect((await cli.run("down")).code).toBe(0);
  await up.ended;
});
