// What a config says of a process: its folder, environment, user, input, and how it is asked to stop.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "vitest";
import { createCli, sleeper } from "./support.ts";

// Case K1.
it("an exec probe has the folder and the environment of its service", async () => {
  const cli = createCli();
  mkdirSync(join(cli.folder, "db"));
  writeFileSync(join(cli.folder, "db", "ready.flag"), "");
  const exec = ["sh", "-c", 'test "$MYPORT" = 6543 && test -f ready.flag && test "$OWN" = yes'];
  cli.write("statevisor.config.json", {
    name: "app",
    services: [
      {
        name: "db",
        command: sleeper(),
        cwd: "db",
        env: { MYPORT: 6543, OWN: "no" },
        readiness: { exec, env: { OWN: "yes" } },
      },
      { name: "api", command: sleeper(), dependsOn: ["db"] },
    ],
  });
  const up = cli.start("up");
  await up.says(/api ● up/);
});
