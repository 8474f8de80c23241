// A program that runs as another user has that user's group, other groups and home.

import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { execProbe } from "../../src/node/index.ts";
import { markVariable, processMark } from "../../src/node/mark.ts";
import { launchAs } from "../../src/node/run-as.ts";

const isRoot = process.getuid?.() === 0;
const whoAmI = { file: "sh", args: ["-c", "id -u; id -g; id -G; echo $HOME $USER $LOGNAME $SHELL"], cwd: "/" };

async function linesAs(identity: Parameters<typeof launchAs>[0], env?: Record<string, string>): Promise<string[]> {
  const { file, args, ...options } = await launchAs(identity, { ...whoAmI, env });
  return spawnSync(file, args, { ...options, cwd: "/", encoding: "utf8" })
    .stdout.trim()
    .split("\n");
}

// Case K18.
describe.skipIf(!isRoot)("a program that runs as another user", () => {
  it("has the group and the home of that user, by number or by name", async () => {
    const nobody = ["65534", "65534", "65534", "/nonexistent nobody nobody /usr/sbin/nologin"];
    expect(await linesAs({ uid: 65534 })).toEqual(nobody);
    expect(await linesAs({ uid: "nobody" })).toEqual(nobody);
  });

  it("has what its own options say instead", async () => {
    expect(await linesAs({ uid: "nobody", gid: "daemon" }, { HOME: "/tmp" })).toEqual([
      "65534",
      "1",
      "1",
      "/tmp nobody nobody /usr/sbin/nologin",
    ]);
  });

  it("has the other groups of that user, too", async () => {
    const user = `sv-${process.pid}`;
    const made = spawnSync("useradd", ["--no-create-home", "--home-dir", "/srv", "--groups", "audio,video", user]);
    expect(made.stderr.toString()).toBe("");
    try {
      const [, group, groups, home] = await linesAs({ uid: user });
      const names = spawnSync("id", ["-G", user], { encoding: "utf8" }).stdout.trim();
      expect(groups!.split(" ").sort()).toEqual(names.split(" ").sort());
      expect(groups!.split(" ")).toHaveLength(3);
      expect(group).toBe(names.split(" ")[0]);
      expect(home).toBe(`/srv ${user} ${user} /bin/sh`);
    } finally {
      spawnSync("userdel", [user]);
    }
  });

  it("that the database does not know needs a group, and has no home", async () => {
    await expect(linesAs({ uid: 54321 })).rejects.toThrow(
      "there is no user 54321 in the user database: say its `gid`, too",
    );
    await expect(linesAs({ uid: "sv-nobody" })).rejects.toThrow("there is no user sv-nobody in the user database");
    expect(await linesAs({ uid: 54321, gid: 54322 })).toEqual(["54321", "54322", "54322", "/ /bin/sh"]);
  });

  it("is a probe, too", async () => {
    const check = execProbe(["sh", "-c", '[ "$(id -g) $HOME" = "65534 /nonexistent" ]'], { uid: "nobody", cwd: "/" });
    await check({ path: "app/web", signal: new AbortController().signal, value: undefined });
  });
});

it("a program of the same user has the environment of this process, and the mark", async () => {
  const env = { ...process.env, [markVariable]: processMark };
  expect(await launchAs({}, whoAmI as never)).toEqual({ file: "sh", args: whoAmI.args, env });
});
