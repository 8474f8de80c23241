// What `up` and the other verbs tell a person about a service: the reason, short enough to be read, and no more.

import { expect, it, vi } from "vitest";
import { createCli, forever, node } from "./support.ts";

vi.setConfig({ testTimeout: 60_000 });

// Case K9.
it("the reason of an end comes before its command, which is shortened in its middle", async () => {
  const cli = createCli();
  const command = [...node("console.error('no license'); process.exit(7)"), "x".repeat(700), "--last=word"];
  cli.write("statevisor.config.json", { name: "app", services: [{ name: "web", command, restart: "never" }] });
  const up = cli.start("up");
  await up.says(/web ✖ .*/);
  const line = /web ✖ .*/.exec(up.stderr)![0];
  expect(line).toMatch(/^web ✖ failed for good: exited with code 7 \(.* … x+ --last=word\)$/);
  expect(line.length).toBeLessThan(200);
  expect(up.stderr).toMatch(/web ┆ no license/);
});

// Case K16.
it("a service that completes as soon as it has started is told as odd, unless it is a job", async () => {
  const cli = createCli();
  cli.write("statevisor.config.json", {
    name: "app",
    services: [
      { name: "css", command: ["cat"] },
      { name: "watcher", command: ["cat"], stdin: "pipe" },
      { name: "job", command: ["true"], restart: "never" },
      { name: "migrate", command: ["true"] },
      { name: "web", command: node(forever), dependsOn: [{ service: "migrate", condition: "completed" }] },
    ],
  });
  const up = cli.start("up");
  await up.says(/css completed 0\.\d s after its start: if it is a job, say `restart: never`; .* `stdin: pipe`/);
  await up.says(/web +● up/);
  up.child.kill("SIGTERM");
  const { code, stderr } = await up.ended;
  expect(stderr).toMatch(/watcher □ stopped/);
  expect(stderr.match(/after its start/g)).toHaveLength(1);
  expect(code).toBe(0);
});
