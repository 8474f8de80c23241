// containStrayErrors: an error of a service fails its incarnation; one of other code meets Node's own behaviour.

import { describe, expect, it } from "vitest";
import { createSupervisor, type Supervisor } from "../../src/index.ts";
import { containStrayErrors } from "../../src/node/index.ts";
import { runProgram } from "./programs.ts";

async function run(name: string, args: string[], env: NodeJS.ProcessEnv = {}) {
  const program = runProgram(name, args, env);
  const end = await program.ended;
  return { end, lines: program.stdout.trimEnd().split("\n"), stderr: program.stderr };
}

const contained = (message: string) => ({
  end: 0,
  lines: [
    "begun 1",
    `stray app/stray: ${message}`,
    `failed app/stray: ${message}`,
    "begun 2",
    "restarts 1, neighbour 0",
  ],
  stderr: "",
});

describe("an error of a service that escapes", () => {
  it.for([
    "timer",
    "immediate",
    "next-tick",
    "emitter",
    "socket-data",
    "rejection",
    "late-rejection",
    "after-await",
  ])("by way of %s fails that incarnation, and nothing else", async (which) => {
    expect(await run("stray.mjs", [which])).toEqual(contained("boom"));
  });

  it("by way of a socket without an error listener fails that incarnation", async () => {
    expect(await run("stray.mjs", ["socket"])).toEqual(contained("connect ECONNREFUSED 127.0.0.1:1"));
  });

  it("as a rejection with no Error fails that incarnation with Node's word for it", async () => {
    const { end, lines } = await run("stray.mjs", ["rejection-of-a-string"]);
    expect([end, lines[2]]).toEqual([0, expect.stringContaining('rejected with the reason "boom"')]);
  });

  it("by way of a microtask fails that incarnation from Node 24 on; before that, Node does not know whose it is", async () => {
    const { end, lines, stderr } = await run("stray.mjs", ["microtask"]);
    if (Number(process.versions.node.split(".")[0]) >= 24) expect({ end, lines, stderr }).toEqual(contained("boom"));
    else expect([end, lines, stderr]).toEqual([1, ["begun 1"], expect.stringContaining("Error: boom")]);
  });

  it("while it is ending is published, and changes nothing more", async () => {
    const { end, lines } = await run("stray.mjs", ["abort-listener"]);
    expect(end).toBe(0);
    expect(lines.filter((line) => line.startsWith("stray"))).toEqual(["stray app/stray: boom"]);
    expect(lines.filter((line) => line.startsWith("failed"))).toEqual(["failed app/stray: fail first"]);
    expect(lines.at(-1)).toBe("restarts 1, neighbour 0");
  });

  it("after its incarnation is over is published, and changes nothing more", async () => {
    const { end, lines } = await run("stray.mjs", ["old-incarnation"]);
    expect(end).toBe(0);
    expect(lines).toEqual([
      "begun 1",
      "failed app/stray: fail first",
      "begun 2",
      "stray app/stray: boom",
      "restarts 1, neighbour 0",
    ]);
  });

  it("from a check of it fails the incarnation that was checked", async () => {
    const { end, lines } = await run("stray.mjs", ["timer", "probe"]);
    expect([end, lines]).toEqual([
      0,
      ["begun 1", "stray app/probed: boom", "failed app/probed: boom", "restarts 0, neighbour 0"],
    ]);
  });
});

describe("what belongs to no service", () => {
  it.for<[which: string, where: string, options: string]>([
    ["timer", "outside", ""],
    ["timer", "removed", ""],
    ["next-tick", "outside", ""],
    ["rejection", "outside", ""],
    ["rejection-of-a-string", "outside", ""],
    ["rejection", "outside", "--unhandled-rejections=strict"],
    ["rejection", "outside", "--unhandled-rejections=warn"],
    ["rejection", "outside", "--unhandled-rejections=none"],
    ["rejection", "outside", "--unhandled-rejections=warn-with-error-code"],
  ])("(%s, %s, %s) ends as in a program without containStrayErrors, to the letter", async ([which, where, options]) => {
    const env = { NODE_OPTIONS: options };
    const plain = await run("stray.mjs", [which, "plain"], env);
    const { end, lines, stderr } = await run("stray.mjs", [which, where], env);
    const anonymous = (text: string) => text.replace(/\(node:\d+\)/g, "");
    expect({ end, lines, stderr: anonymous(stderr) }).toEqual({ ...plain, stderr: anonymous(plain.stderr) });
    if (options === "") expect([end, stderr]).toEqual([1, expect.stringContaining("boom")]);
  });

  it("but was set off by a listener to its updates belongs to no service", async () => {
    const { end, lines } = await run("stray.mjs", ["timer", "listener"]);
    expect(end).toBe(1);
    expect(lines.filter((line) => line.startsWith("stray"))).toEqual([]);
  });
});

describe("several trees", () => {
  it("each get their own errors, and the last remover leaves no listener", async () => {
    expect(await run("stray-two.mjs", ["both"])).toEqual({
      end: 0,
      lines: ["stray left/stray: boom left", "stray right/stray: boom right", "listeners 0"],
      stderr: "",
    });
  });

  it("contain only the errors of those that were asked to", async () => {
    const { end, stderr } = await run("stray-two.mjs", ["one"]);
    expect([end, stderr]).toEqual([1, expect.stringContaining("boom right")]);
  });
});

it("containStrayErrors refuses what is not a supervisor, and is taken back twice without harm", () => {
  expect(() => containStrayErrors({} as Supervisor)).toThrow(/supervisor must be what createSupervisor returns/);
  const remove = containStrayErrors(createSupervisor({ name: "app", services: [] }));
  remove();
  remove();
  expect(process.listenerCount("uncaughtExceptionMonitor")).toBe(0);
});
