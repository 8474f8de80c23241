// A process as a service: spawn, ready, environment, its own end.

import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defineProcess, ProcessError, type ProcessSpec } from "../../src/node/index.ts";
import { createTree, isAlive, js, type RealTree, sh, until } from "./support.ts";

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "statevisor-test-")));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const once = { restart: "never", critical: true } as const;

/** The lines that a program writes, run to its end. */
async function linesOf(spec: Omit<ProcessSpec, "name">): Promise<string[]> {
  const lines: string[] = [];
  const { supervisor, exits } = createTree(
    defineProcess({ name: "program", ...spec, ...once, onLine: (line) => lines.push(line) }),
  );
  await supervisor.start();
  await until("it ends", () => exits.length > 0);
  return lines;
}

async function failureOf(spec: Omit<ProcessSpec, "name">): Promise<Error> {
  const { supervisor } = createTree(defineProcess({ name: "program", ...spec, ...once }));
  await supervisor.start().catch(() => {});
  const exit = await supervisor.exit;
  if (exit.kind !== "failed") throw new Error(`it ${exit.kind}`);
  let error: Error = exit.error;
  while (error.cause instanceof Error && "path" in error) error = error.cause;
  return error;
}

describe("a process", () => {
  it("is up once spawned, gives its pid to dependants, and is gone after the stop", async () => {
    let pid = 0;
    const web = defineProcess({ name: "web", command: ["sleep", "1000"] });
    const { supervisor, exits } = createTree(web, {
      name: "client",
      dependsOn: [web],
      run: ({ use, signal }) => {
        pid = use(web).pid;
        return new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    });
    await supervisor.start();
    expect(isAlive(pid)).toBe(true);
    await supervisor.stop();
    expect(isAlive(pid)).toBe(false);
    expect(exits).toEqual(["client stopped", "web stopped"]);
  });

  it("leads a process group of its own", async () => {
    const [line] = await linesOf({ command: sh("ps -o pid=,pgid=,sid= -p $$") });
    const [pid, group, session] = line!.trim().split(/\s+/);
    expect([group, session]).toEqual([pid, pid]);
  });

  it("is given its arguments as they are, without a shell", async () => {
    expect(await linesOf({ command: ["printf", "%s\\n", "$HOME; echo 'x'", "*"] })).toEqual(["$HOME; echo 'x'", "*"]);
  });

  it("is one string for a shell where the user asks for that", async () => {
    expect(await linesOf({ command: "echo a | tr a b", shell: true })).toEqual(["b"]);
  });

  it("has the environment of this process with its own laid over it, and its own folder", async () => {
    process.env.SV_KEPT = "kept";
    process.env.SV_GONE = "gone";
    const env = { SV_NEW: "new", SV_GONE: undefined };
    const lines = await linesOf({
      command: sh("echo $SV_KEPT,$SV_NEW,$(printenv SV_GONE || echo none); pwd"),
      env,
      cwd: folder,
    });
    expect(lines).toEqual(["kept,new,none", folder]);
  });

  // Case K16.
  it.each([
    ["none", "ended"],
    ["pipe", "watching"],
  ] as const)("with stdin %s has %s", async (stdin, expected) => {
    const watcher = `process.stdin.on("end", () => { console.log("ended"); process.exit(); }).resume();
      setTimeout(() => { console.log("watching"); process.exit(); }, 500);`;
    expect(await linesOf({ command: js(watcher), stdin })).toEqual([expected]);
  });

  it.skipIf(process.getuid?.() !== 0)("runs as another user where root asks for that", async () => {
    expect(await linesOf({ command: sh("id -u; id -g"), uid: 65534, gid: 65533 })).toEqual(["65534", "65533"]);
  });

  it("that was killed from outside is started again, with another pid", async () => {
    const pids: number[] = [];
    const { supervisor, exits, log } = createTree(
      defineProcess({ name: "web", command: ["sleep", "1000"], restart: { initialBackoffMs: 1 } }),
    );
    await supervisor.start();
    const spawned = () => log.filter(({ message }) => message === "spawned").map(({ pid }) => pid as number);
    pids.push(...spawned());
    process.kill(pids[0]!, "SIGKILL");
    await until("it is back", () => spawned().length === 2 && supervisor.status("web").state === "running");
    expect(spawned()[1]).not.toBe(pids[0]);
    expect(exits).toEqual(["web failed app/web: was killed by SIGKILL (sleep 1000); it wrote nothing"]);
  });

  it("whose group uses more memory than it may fails, is stopped in order, and comes back", async () => {
    const child = js("globalThis.held = Buffer.alloc(60e6, 1); setInterval(() => {}, 1000)");
    const parent = `require("node:child_process").spawn(process.execPath, ${JSON.stringify(child.slice(1))}); setInterval(() => {}, 1000);
      process.on("SIGTERM", () => { console.log("asked"); process.exit(); });`;
    const { supervisor, log } = createTree(
      defineProcess({ name: "hungry", command: js(parent), maxMemory: "100MB", restart: { initialBackoffMs: 1 } }),
    );
    const causes: string[] = [];
    supervisor.on(
      "status",
      ({ exit }) => exit?.kind === "failed" && causes.push(`${exit.cause}: ${exit.error.message}`),
    );
    await supervisor.start();
    await until("it is back", () => supervisor.status("hungry").incarnation === 2);
    expect(causes[0]).toMatch(/^memory: app\/hungry: it uses 1\d\d MB of memory; maxMemory is 100 MB$/);
    expect(log.map(({ message }) => message)).toContain("asked");
  });

  it.each([0, -1, Number.NaN, "3 apples", "0MB"])("is refused with maxMemory %s", (maxMemory) => {
    expect(() => defineProcess({ name: "a", command: ["a"], maxMemory })).toThrow(
      /^a: maxMemory must be a positive number/,
    );
  });
});

describe("the end of a process", () => {
  it.for<[what: string, spec: Partial<ProcessSpec>, exit: string]>([
    ["with code 0 is completed", { command: sh("exit 0") }, "program completed"],
    [
      "with a code of successExitCodes is completed",
      { command: sh("exit 3"), successExitCodes: [0, 3] },
      "program completed",
    ],
    [
      "with code 0 is a failure where successExitCodes leaves it out",
      { command: sh("true"), successExitCodes: [3] },
      "program failed app/program: exited with code 0 (sh -c true); it wrote nothing",
    ],
    [
      "with another code is a failure",
      { command: sh("exit 7") },
      'program failed app/program: exited with code 7 (sh -c "exit 7"); it wrote nothing',
    ],
    [
      "by a signal is a failure",
      { command: sh("kill -9 $$") },
      'program failed app/program: was killed by SIGKILL (sh -c "kill -9 $$"); it wrote nothing',
    ],
  ])("%s", async ([, spec, exit]) => {
    const { supervisor, exits } = createTree(
      defineProcess({ ...(spec as ProcessSpec), name: "program", restart: "never" }),
    );
    await supervisor.start();
    await until("it ends", () => exits.length > 0);
    expect(exits).toEqual([exit]);
  });

  it("as a failure reports the code and the last line in the message, and carries the last 50 lines", async () => {
    const script =
      'i=0; while [ $i -lt 70 ]; do echo line $i; i=$((i+1)); done; echo "Error: no disk" >&2; echo; exit 7';
    const error = (await failureOf({ command: sh(script) })) as ProcessError;
    expect(error).toBeInstanceOf(ProcessError);
    expect(error).toMatchObject({ name: "ProcessError", code: "ERR_PROCESS_EXIT", exitCode: 7, signal: null });
    expect(error.pid).toBeGreaterThan(0);
    expect(error.message).toMatch(/^app\/program: exited with code 7 \(sh -c ".*"\); it said last: Error: no disk$/);
    expect(error.output).toHaveLength(50);
    expect(error.output).toContain("line 69");
    expect(error.output).toContain("Error: no disk");
    expect(error.output).not.toContain("line 10");
  });
});

describe("a URL in a command", () => {
  it("is shown without user, password and query, in the error and in the log", async () => {
    const url = "postgres://me:s3cret@db.local/shop?sslkey=k3y";
    const tree = createTree(defineProcess({ name: "program", command: ["sh", "-c", "exit 3", url], ...once }));
    await tree.supervisor.start().catch(() => {});
    await until("it ends", () => tree.exits.length > 0);
    expect(tree.exits[0]).toContain('exited with code 3 (sh -c "exit 3" postgres://…@db.local/shop?…)');
    expect(JSON.stringify([tree.log, tree.supervisor.status()])).not.toMatch(/s3cret|k3y/);
    const missing = await failureOf({ command: ["statevisor-no-such", url] });
    expect(missing.message).not.toMatch(/s3cret|k3y/);
  });
});

describe("a process that cannot be spawned is a failed start, and says why:", () => {
  const why = async (spec: Omit<ProcessSpec, "name">) => (await failureOf(spec)).message;

  it("no such program, no such file", async () => {
    expect(await why({ command: ["statevisor-no-such", "-v"], cwd: folder })).toBe(
      `app/program: cannot start statevisor-no-such -v: there is no program "statevisor-no-such" on its PATH (ENOENT); in ${folder}`,
    );
    expect(await why({ command: ["./none"], cwd: folder })).toContain("no such file (ENOENT)");
  });

  it("a file that is not executable", async () => {
    writeFileSync(join(folder, "plain.txt"), "hello");
    expect(await why({ command: ["./plain.txt"], cwd: folder })).toContain(
      "./plain.txt is not an executable file, or may not be executed (EACCES)",
    );
  });

  it("a script whose interpreter is missing", async () => {
    writeFileSync(join(folder, "script"), "#!/no/such/interpreter\n", { mode: 0o755 });
    expect(await why({ command: ["./script"], cwd: folder })).toContain(
      "./script exists, but the interpreter that it names does not (ENOENT)",
    );
  });

  it("a bad cwd, which Node reports as a missing command", async () => {
    const none = join(folder, "none");
    const error = await failureOf({ command: ["sleep", "1"], cwd: none });
    expect(error.message).toBe(
      `app/program: cannot start sleep 1: the folder ${none} does not exist (cwd; ENOENT); in ${none}`,
    );
    expect(error).toMatchObject({ code: "ENOENT", cause: { syscall: "spawn sleep" } });
    writeFileSync(join(folder, "file"), "");
    expect(await why({ command: ["sleep", "1"], cwd: join(folder, "file") })).toContain("is not a folder (cwd;");
  });

  // Case K20.
  it("and is not tried again like a crash", async () => {
    const { supervisor, exits } = createTree(
      defineProcess({ name: "late", command: [join(folder, "late")], restart: { initialBackoffMs: 1 } }),
    );
    await expect(supervisor.start()).rejects.toThrow(/late/);
    expect(exits).toHaveLength(1);
    expect(supervisor.status("late")).toMatchObject({ state: "failed", incarnation: 1 });
  });

  it("and is tried again where decide says so", async () => {
    const { supervisor, log } = createTree(
      defineProcess({
        name: "late",
        command: [join(folder, "late")],
        restart: { initialBackoffMs: 1, multiplier: 1, maxRetries: 10_000, decide: () => "restart" },
      }),
    );
    const started = supervisor.start();
    await until("it has failed", () => supervisor.status("late").failures > 1);
    writeFileSync(join(folder, "late"), "#!/bin/sh\nexec sleep 1000\n", { mode: 0o755 });
    await started;
    expect(log.filter(({ message }) => message === "spawned")).toHaveLength(1);
  });
});

describe("a process is up", () => {
  const server = (spec: Partial<ProcessSpec>) => defineProcess({ name: "server", ...once, ...spec } as ProcessSpec);
  const stateOf = ({ supervisor }: RealTree) => supervisor.status("server").state;

  it.for(["stdout", "stderr"])("when a line of %s matches, colours aside", async (stream) => {
    const seen: string[] = [];
    const to = stream === "stderr" ? ">&2" : "";
    const tree = createTree(
      server({
        command: sh(
          `echo starting ${to}; read _ < ${folder}/gate; printf '\\033[32mlistening\\033[0m on 80\\n' ${to}; sleep 1000`,
        ),
        readyOn: /listening on \d+/g,
        onLine: (line) => void seen.push(line),
      }),
    );
    const { execFileSync } = await import("node:child_process");
    execFileSync("mkfifo", [join(folder, "gate")]);
    const started = tree.supervisor.start();
    await until("it says something", () => seen.length > 0);
    expect(stateOf(tree)).toBe("starting");
    writeFileSync(join(folder, "gate"), "\n");
    await started;
    expect(stateOf(tree)).toBe("running");
  });

  it('when it sends the message "ready"', async () => {
    const tree = createTree(
      server({
        command: js('setTimeout(() => process.send("ready"), 50); setInterval(() => {}, 1000)'),
        readyOn: "signal",
      }),
    );
    const started = tree.supervisor.start();
    await until("it is spawned", () => tree.log.some(({ message }) => message === "spawned"));
    expect(stateOf(tree)).toBe("starting");
    await started;
    expect(stateOf(tree)).toBe("running");
  });

  it("or has failed, and is gone, when the line does not come in time", async () => {
    const tree = createTree(server({ command: ["sleep", "1000"], readyOn: /never/, startTimeoutMs: 50 }));
    await expect(tree.supervisor.start()).rejects.toMatchObject({ cause: { code: "ERR_START_TIMEOUT" } });
    expect(isAlive(tree.log.find(({ message }) => message === "spawned")!.pid as number)).toBe(false);
  });

  it('while it sends "heartbeat" often enough, where it has a watchdog', async () => {
    // The last line is written before the silence, by the program: however late each of the two is.
    const program = `
      process.send("ready");
      let left = 120;
      const beat = setInterval(() => {
        process.send("heartbeat");
        if (--left > 0) return;
        clearInterval(beat);
        console.log("silent");
      }, 20);
      setInterval(() => {}, 1000);`;
    const lines: string[] = [];
    const onLine = (line: string) => void lines.push(line);
    const tree = createTree(server({ command: js(program), readyOn: "signal", watchdogMs: 1_500, onLine }));
    await tree.supervisor.start();
    await until("it fails", () => tree.exits.length > 0);
    expect(lines).toEqual(["silent"]);
    expect(tree.exits[0]).toContain("no heartbeat");
  });
});

describe("defineProcess refuses", () => {
  it.for<[spec: object, message: RegExp]>([
    [
      { command: "sleep 1" },
      /^p: command must be an array, \[file, \.\.\.args\]; got one string: write \["sleep","1"\], or set shell: true$/,
    ],
    [{ comand: ["sleep", "1"] }, /command is missing.*; there is "comand": did you mean it\?$/],
    [{ command: [] }, /command must be an array of strings/],
    [{ command: ["a", 1] }, /command must be an array of strings/],
    [{ command: ["a", "b"], shell: true }, /one string for the shell/],
    [{ command: ["a"], cwd: 1 }, /cwd must be a path; got 1 \(number\)/],
    [{ command: ["a"], env: { A: 1 } }, /env\.A must be a string; got 1 \(number\)/],
    [{ command: ["a"], stopSignal: "SIGFOO" }, /stopSignal must be the name of a signal/],
    [{ command: ["a"], stopSignal: "toString" }, /stopSignal must be the name of a signal/],
    [{ command: ["a"], successExitCodes: [256] }, /successExitCodes must be an array of integers/],
    [
      { command: ["a"], readyOn: "starts" },
      /readyOn must be one of "start", "signal"; got "starts" \(string\); did you mean "start"/,
    ],
    [{ command: ["a"], uid: -1 }, /uid must be/],
    [{ command: ["a"], onLine: 1 }, /onLine must be a function/],
  ])("%j", ([spec, message]) => {
    expect(() => defineProcess({ name: "p", ...spec } as ProcessSpec)).toThrow(message);
  });
});
