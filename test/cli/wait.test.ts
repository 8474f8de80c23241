// `statevisor wait`, and `logs --since`.

import { expect, it } from "vitest";
import { createCli, node, sleeper } from "./support.ts";

it("returns when services are up, when they will not be, and when its time is over", async () => {
  const cli = createCli();
  expect((await cli.run("wait")).code).toBe(4);
  cli.write("statevisor.config.json", {
    name: "app",
    services: [
      { name: "up", command: sleeper() },
      { name: "job", command: node(""), restart: "never" },
      {
        name: "slow",
        command: sleeper(),
        critical: false,
        readiness: { exec: ["test", "-f", "flag"], intervalMs: 20 },
      },
      { name: "bad", command: node("throw new Error('no such table')"), critical: false, restart: { maxRetries: 0 } },
    ],
  });
  expect((await cli.run("wait")).code).toBe(3);
  const up = cli.start("up");
  await up.says("bad  ✖ failed for good");
  expect(await cli.run("wait", "up", "job")).toMatchObject({ code: 0, stdout: "✔ up is up\n✔ job is up\n" });
  expect((await cli.run("wait")).code).toBe(0);
  const late = await cli.run("wait", "slow", "--timeout", "200ms");
  expect(late).toMatchObject({ code: 124, stdout: "" });
  expect(late.stderr).toMatch(/^… slow: running for .*, not healthy/);
  const hopeless = await cli.run("wait", "slow", "bad");
  expect(hopeless.code).toBe(1);
  expect(hopeless.stderr).toMatch(/✖ bad: .*no such table/);
  const waiting = cli.start("wait", "slow", "--json");
  cli.write("flag", "");
  expect(JSON.parse((await waiting.ended).stdout)).toMatchObject({ service: "slow", outcome: "up" });
  expect((await cli.run("wait", "nobody")).code).toBe(2);
  expect((await cli.run("wait", "--timeout", "soon")).code).toBe(2);
  await cli.run("stop", "up");
  expect((await cli.run("wait", "up")).stderr).toContain("✖ up: stopped by hand");
  expect((await cli.run("logs", "bad", "--since", "1h")).stdout).toContain("no such table");
  expect((await cli.run("logs", "bad", "--since", "1ms")).stdout).toBe("");
  expect((await cli.run("logs", "--since", "yesterday")).code).toBe(2);
});
