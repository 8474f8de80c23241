// `up --drain`: the time between the signal and the stop, in which the tree runs on and is not ready.

import { expect, it } from "vitest";
import { createCli, sleeper, until } from "./support.ts";

async function startDraining(time: string) {
  const cli = createCli();
  cli.write("statevisor.config.json", { name: "app", services: [{ name: "web", command: sleeper() }] });
  const up = cli.start("up", "--health-port", "0", "--drain", time);
  await up.says(/web ● up/);
  const [, origin] = /health is at (\S+)\/health/.exec(up.stderr)!;
  const readyz = async () => (await fetch(`${origin}/readyz`)).status;
  await until("it is ready", async () => (await readyz()) === 200);
  up.child.kill("SIGTERM");
  await until("it is not ready any more", async () => (await readyz()) === 503);
  await up.says(/SIGTERM: not ready any more; stops in/);
  const [status] = await cli.json("status");
  expect(status).toMatchObject({ tree: { state: "running", services: [{ state: "running" }] } });
  return up;
}

it("the tree runs on, and /readyz answers 503, until the time has passed", async () => {
  const up = await startDraining("3s");
  expect(await up.ended).toMatchObject({ code: 0, stderr: expect.stringContaining("stopped as asked") });
});

it("a second signal ends it at once", async () => {
  const up = await startDraining("1h");
  up.child.kill("SIGTERM");
  expect(await up.ended).toMatchObject({ code: 143 });
});
