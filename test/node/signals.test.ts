// runUntilSignal: the exit code of a program that is a tree, and what the first and the second signal do.

import { describe, expect, it, vi } from "vitest";
import { createSupervisor } from "../../src/index.ts";
import { runUntilSignal } from "../../src/node/index.ts";
import { type RunningProgram, runProgram } from "./programs.ts";
import { isAlive, until } from "./support.ts";

function linesOf({ stdout }: RunningProgram): string[] {
  return stdout.trimEnd().split("\n");
}

// Case U2
describe("runUntilSignal with drainMs", () => {
  async function start(drainMs: number) {
    const program = runProgram("draining.mjs", [String(drainMs)]);
    await program.says("app running");
    const url = linesOf(program).find((line) => line.startsWith("http"))!;
    const get = async (path: string) => {
      const response = await fetch(url + path, { headers: { connection: "close" } });
      return `${response.status} ${(await response.text()).trim()}`;
    };
    return Object.assign(program, { get });
  }

  it("serves on for that long, while /readyz answers 503, and then stops in order", async () => {
    const program = await start(500);
    expect(await program.get("/readyz")).toBe("200 ok");
    const begun = performance.now();
    program.child.kill("SIGTERM");
    await until("it drains", async () => (await program.get("/readyz")) === "503 draining");
    expect([await program.get("/"), await program.get("/livez")]).toEqual(["200 served", "200 ok"]);
    expect(await program.ended).toBe(0);
    expect(performance.now() - begun).toBeGreaterThan(490);
    expect(linesOf(program).slice(-2)).toEqual(["app stopping", "app stopped"]);
  });

  it("is cut short by a second signal", async () => {
    const program = await start(3_600_000);
    program.child.kill("SIGTERM");
    await until("it drains", async () => (await program.get("/readyz")) === "503 draining");
    program.child.kill("SIGINT");
    expect(await program.ended).toBe(130);
  });

  it("does not make a tree wait that has not started yet, nor one that ends by itself", async () => {
    const whenEnded = (signal: AbortSignal) => new Promise((resolve) => signal.addEventListener("abort", resolve));
    const starting = createSupervisor({
      name: "app",
      services: [{ name: "slow", readyOn: "signal", run: ({ signal }) => whenEnded(signal) }],
    });
    const code = runUntilSignal(starting, { signals: ["SIGUSR2"], drainMs: 3_600_000 });
    process.emit("SIGUSR2");
    expect(await code).toBe(0);

    const running = createSupervisor({
      name: "app",
      services: [{ name: "a", run: ({ signal }) => whenEnded(signal) }],
    });
    await running.start();
    const other = runUntilSignal(running, { signals: ["SIGUSR2"], drainMs: 3_600_000 });
    process.emit("SIGUSR2");
    await running.stop();
    expect(await other).toBe(0);
  });
});

describe("runUntilSignal", () => {
  it.for(["SIGINT", "SIGTERM"] as const)("stops the tree in order when %s comes, and resolves to 0", async (signal) => {
    const program = runProgram("until-signal.mjs", ["polite"]);
    await program.says("waiting");
    program.child.kill(signal);
    expect(await program.ended).toBe(0);
    expect(linesOf(program)).toEqual([
      "app starting",
      "app running",
      "waiting",
      "app stopping",
      "web stops",
      "database stops",
      "app stopped",
      "listeners 0",
    ]);
    expect(program.stderr).toBe("");
  });

  it("takes over a tree that runs already", async () => {
    const program = runProgram("until-signal.mjs", ["polite", "started"]);
    await program.says("waiting");
    program.child.kill("SIGINT");
    expect(await program.ended).toBe(0);
    expect(linesOf(program).slice(0, 4)).toEqual(["app starting", "app running", "waiting", "app stopping"]);
  });

  it("cancels a start in progress, which is not a failure", async () => {
    const program = runProgram("until-signal.mjs", ["starting"]);
    await program.says("starting");
    program.child.kill("SIGTERM");
    expect(await program.ended).toBe(0);
    expect(program.stderr).toBe("");
  });

  it("resolves to 0 when the tree completes", async () => {
    expect(await runProgram("until-signal.mjs", ["completes"]).ended).toBe(0);
  });

  it.for([
    ["fails-to-start", "bad start"],
    ["fails-later", "bad luck"],
  ] as const)("resolves to 1 when the tree %s, and says why", async ([play, why]) => {
    const program = runProgram("until-signal.mjs", [play]);
    expect(await program.ended).toBe(1);
    expect(program.stderr).toContain(why);
    expect(linesOf(program).at(-1)).toBe("listeners 0");
  });

  it.for([
    ["bad-stop", "bad stop"],
    ["unstopped", "ERR_UNSTOPPED"],
  ] as const)("resolves to 1 when something failed to stop (%s), and says what", async ([play, why]) => {
    const program = runProgram("until-signal.mjs", [play]);
    await program.says("app running");
    program.child.kill("SIGINT");
    expect(await program.ended).toBe(1);
    expect(program.stderr).toContain(why);
  });

  it.for([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("kills what is left when a second signal comes: %s is exit code %i", async ([second, code]) => {
    const program = runProgram("until-signal.mjs", ["deaf"]);
    await program.says("app running");
    const pid = Number(linesOf(program).find((line) => /^\d+$/.test(line)));
    program.child.kill(second === "SIGINT" ? "SIGTERM" : "SIGINT");
    await program.says("asked");
    expect(isAlive(pid)).toBe(true);
    const begun = performance.now();
    program.child.kill(second);
    expect(await program.ended).toBe(code);
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(isAlive(pid)).toBe(false);
    expect(linesOf(program).at(-1)).toBe("listeners 0");
  });

  it("counts the same signal at once again as one, and another one as the second", async () => {
    let end = () => {};
    const whenStopped = new Promise<void>((resolve) => {
      end = resolve;
    });
    const create = () => createSupervisor({ name: "app", services: [{ name: "slow", run: () => whenStopped }] });
    const signals: NodeJS.Signals[] = ["SIGUSR2", "SIGWINCH"];
    const [echoed, cut] = [runUntilSignal(create(), { signals: ["SIGUSR2"] }), runUntilSignal(create(), { signals })];
    // Time stands still between the three, however busy the machine is.
    const now = vi.spyOn(performance, "now").mockReturnValue(performance.now());
    process.emit("SIGUSR2", "SIGUSR2");
    process.emit("SIGUSR2", "SIGUSR2");
    process.emit("SIGWINCH", "SIGWINCH");
    now.mockRestore();
    expect(await cut).toBe(128 + 28);
    end();
    expect(await echoed).toBe(0);
  });

  it("listens to the signals it is given, and calls onError", async () => {
    const errors: Error[] = [];
    const supervisor = createSupervisor({
      name: "app",
      services: [{ name: "bad", start: () => {}, stop: () => Promise.reject(new Error("bad stop")) }],
    });
    const before = process.listenerCount("SIGUSR2");
    const code = runUntilSignal(supervisor, { signals: ["SIGUSR2"], onError: (error) => errors.push(error) });
    await until("it runs", () => supervisor.status().state === "running");
    process.kill(process.pid, "SIGUSR2");
    expect(await code).toBe(1);
    expect(errors).toMatchObject([{ code: "ERR_STOP_FAILED" }]);
    expect(process.listenerCount("SIGUSR2")).toBe(before);
  });

  it("refuses anything but signals, and options that do not exist", async () => {
    const supervisor = createSupervisor({ name: "app", services: [] });
    await expect(runUntilSignal(supervisor, { signals: ["SIGFOO" as NodeJS.Signals] })).rejects.toThrow(
      /signals must be an array/,
    );
    await expect(runUntilSignal(supervisor, { signal: "SIGINT" } as never)).rejects.toThrow(/did you mean "signals"/);
  });
});
