// The stop of a process: to the whole group, by force at the deadline, and nothing of the group survives.

import { describe, expect, it } from "vitest";
import { defineProcess, type ProcessSpec } from "../../src/node/index.ts";
import { createTree, isAlive, type RealTree, sh, until } from "./support.ts";

/** A service that writes the pids of its members, each on a line, and what it says on its way. */
function group(script: string, spec: Partial<ProcessSpec> = {}) {
  const lines: string[] = [];
  const process = defineProcess({
    command: sh(script),
    restart: "never",
    critical: true,
    readyOn: /^up$/,
    onLine: (line) => void lines.push(line),
    ...spec,
    name: "group",
  });
  return {
    process,
    lines,
    members: () => lines.filter((line) => /^\d+$/.test(line)).map(Number),
  };
}

function pidOf({ log }: RealTree): number {
  return log.find(({ message }) => message === "spawned")!.pid as number;
}

/** A process outside of every group may have ended by itself: its pipe is closed. */
function endIfAlive(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** A shell that ignores the signal, in double quotes; it says its pid, and does `next`. */
const deaf = (next = "") => `trap "" TERM; echo $$; ${next} while :; do sleep 1; done`;

/** A leader that ends as soon as the process that it starts has told it so. */
const endsWhenTold = (member: string) => `trap "echo up; exit 3" USR1; ${member} sh $$ & while :; do wait; done`;
const tell = "kill -USR1 $1;";

describe("a stop", () => {
  it.for([
    "SIGTERM",
    "SIGHUP",
    "SIGUSR1",
  ] as const)("sends %s, as stopSignal says, to the whole group", async (stopSignal) => {
    const name = stopSignal.slice(3);
    const member = `trap 'echo member ${name}; exit' ${name}; echo $$; while :; do sleep 0.05; done`;
    const script = `(exec sh -c "${member}") & (exec sh -c "${member}") & trap 'echo leader ${name}; wait; exit 0' ${name}; echo up; while :; do sleep 0.05; done`;
    const { process, lines, members } = group(script, { stopSignal });
    const tree = createTree(process);
    await tree.supervisor.start();
    // A member says its pid once its trap is set.
    await until("both members are up", () => members().length === 2);
    await tree.supervisor.stop();
    expect(lines.filter((line) => line.endsWith(name)).sort()).toEqual([
      `leader ${name}`,
      `member ${name}`,
      `member ${name}`,
    ]);
    expect([...members(), pidOf(tree)].filter(isAlive)).toEqual([]);
    expect(tree.exits).toEqual(["group stopped"]);
  });

  it("kills at the deadline what ignores the end of its pseudo-terminal, and what that has started", async () => {
    const { process, lines } = group(`trap "" TERM HUP; sleep 1000 & echo $$ $!; echo up; while :; do sleep 1; done`, {
      stdin: "tty",
      readyOn: /^up\r?$/,
      stopTimeoutMs: 300,
    });
    const tree = createTree(process);
    await tree.supervisor.start();
    const members = lines[0]!.trim().split(" ").map(Number);
    expect(members.filter(isAlive)).toHaveLength(2);
    await tree.supervisor.stop();
    expect(members.filter(isAlive)).toEqual([]);
    expect(tree.exits).toEqual(["group stopped"]);
  });

  it("kills the group at the deadline, which counts as stopped: nothing runs any more", async () => {
    const { process, members } = group(deaf("echo up;"), { stopTimeoutMs: 100 });
    const tree = createTree(process);
    await tree.supervisor.start();
    await tree.supervisor.stop();
    expect([...members(), pidOf(tree)].filter(isAlive)).toEqual([]);
    expect(tree.exits).toEqual(["group stopped"]);
    expect(tree.updates.filter(({ type }) => type === "unstopped")).toEqual([]);
    expect(tree.log).toContainEqual(
      expect.objectContaining({ level: "warn", message: "not ended within stopTimeoutMs: killed" }),
    );
  });

  it("kills it at a deadline of the whole stop, too", async () => {
    const { process } = group("trap '' TERM; echo up; while :; do sleep 1; done");
    const tree = createTree(process);
    await tree.supervisor.start();
    await tree.supervisor.stop({ timeoutMs: 50 });
    expect(isAlive(pidOf(tree))).toBe(false);
    expect(tree.exits).toEqual(["group stopped"]);
  });

  it("kills it at once where stopTimeoutMs is 0", async () => {
    const { process } = group("trap '' TERM; echo up; while :; do sleep 1; done", { stopTimeoutMs: 0 });
    const tree = createTree(process);
    await tree.supervisor.start();
    await tree.supervisor.stop();
    expect(isAlive(pidOf(tree))).toBe(false);
    expect(tree.exits).toEqual(["group stopped"]);
  });

  it("kills what is frozen", async () => {
    const { process } = group("echo up; kill -STOP $$; sleep 1000", { stopTimeoutMs: 100 });
    const tree = createTree(process);
    await tree.supervisor.start();
    await tree.supervisor.stop();
    expect(isAlive(pidOf(tree))).toBe(false);
  });

  it("gives a grandchild the rest of the time when the leader is gone first", async () => {
    // The leader dies of the signal at once; the grandchild needs longer to say goodbye.
    const { process, lines, members } = group(
      `sh -c 'trap "sleep 0.3; echo goodbye; exit" TERM; echo $$; echo up; while :; do sleep 0.05; done' & sleep 1000`,
    );
    const tree = createTree(process);
    await tree.supervisor.start();
    await tree.supervisor.stop();
    expect(lines).toContain("goodbye");
    expect(members().filter(isAlive)).toEqual([]);
  });

  it("kills a grandchild that ignores the signal, at the deadline, when the leader is long gone", async () => {
    const { process, members } = group(`sh -c '${deaf("echo up;")}' & sleep 1000`, {
      stopTimeoutMs: 200,
    });
    const tree = createTree(process);
    await tree.supervisor.start();
    expect(members().filter(isAlive)).toHaveLength(1);
    await tree.supervisor.stop();
    expect(members().filter(isAlive)).toEqual([]);
    expect(tree.exits).toEqual(["group stopped"]);
  });

  it("by its liveness ends the whole group before it is started again", async () => {
    let pid = 0;
    const { process, members } = group(`sh -c '${deaf("echo up;")}' & ${deaf()}`, {
      stopTimeoutMs: 50,
      restart: { initialBackoffMs: 1 },
      liveness: {
        intervalMs: 5,
        failureThreshold: 1,
        check: ({ value }) => {
          pid ||= value.pid;
          return value.pid !== pid || members().length < 2;
        },
      },
    });
    const tree = createTree(process);
    await tree.supervisor.start();
    await until("it is back", () => tree.log.filter(({ message }) => message === "spawned").length === 2);
    expect([pid, ...members().slice(0, 2)].filter(isAlive)).toEqual([]);
    expect(tree.exits[0]).toContain("liveness check failed");
  });

  it("that comes while it starts ends it", async () => {
    const tree = createTree(group("sleep 1000").process);
    const started = tree.supervisor.start().catch((error) => error.code);
    await until("it is spawned", () => tree.log.some(({ message }) => message === "spawned"));
    await tree.supervisor.stop();
    expect(await started).toBe("ERR_START_ABORTED");
    expect(isAlive(pidOf(tree))).toBe(false);
  });
});

describe("the end of the leader", () => {
  it("by itself takes what is left of its group along, before it is started again", async () => {
    const { process, members } = group(endsWhenTold(`sh -c '${deaf(tell)}'`));
    const tree = createTree(process);
    await tree.supervisor.start();
    await until("it ends", () => tree.exits.length > 0);
    expect(members()).toHaveLength(1);
    expect(members().filter(isAlive)).toEqual([]);
    expect(tree.exits[0]).toContain("exited with code 3");
  });

  it("is not held up by a process outside of the group that holds the pipe", async () => {
    const { process, members } = group(endsWhenTold(`setsid sh -c 'echo $$; ${tell} exec sleep 1000'`));
    const tree = createTree(process);
    try {
      await tree.supervisor.start();
      await until("it ends", () => tree.exits.length > 0, 5_000);
      expect(members().filter(isAlive)).toHaveLength(1); // out of reach, as the docs say
    } finally {
      for (const pid of members()) endIfAlive(pid);
    }
  });

  it("still delivers what it wrote last, however long the reader of it takes", async () => {
    const lines: string[] = [];
    const { process } = group("echo up; i=0; while [ $i -lt 1000 ]; do echo line $i; i=$((i+1)); done; printf last", {
      async onLine(line) {
        lines.push(line);
        await new Promise((resolve) => setTimeout(resolve, 1));
      },
    });
    const tree = createTree(process);
    await tree.supervisor.start();
    await until("it ends", () => tree.exits.length > 0);
    expect(lines).toHaveLength(1_002);
    expect(lines.at(-1)).toBe("last");
  });

  it("does not wait beyond the stop deadline for one outside of the group that goes on writing", async () => {
    const outsider = "setsid sh -c 'echo $$; echo up; while :; do echo noise; sleep 0.01; done' & wait";
    const { process, members } = group(outsider, { stopTimeoutMs: 100 });
    const tree = createTree(process);
    try {
      await tree.supervisor.start();
      await tree.supervisor.stop();
      expect(tree.exits).toEqual(["group stopped"]);
      expect(tree.log).toContainEqual(
        expect.objectContaining({
          level: "warn",
          message: expect.stringMatching(/^its output still came \d+ ms after/),
        }),
      );
    } finally {
      for (const pid of members()) endIfAlive(pid);
    }
  });
});

describe("a process with stopMode leader", () => {
  // A parent that drains: its job ends with the work that its child does. The child would end at the first signal.
  const parent = sh(`sh -c 'sleep 0.7; echo job done' & child=$!
    trap 'wait $child; echo drained; exit 0' TERM
    echo up; wait $child; while :; do sleep 0.05; done`);

  // Case K15.
  it("is asked alone, and has its children until it has ended", async () => {
    const lines: string[] = [];
    const { supervisor, exits } = createTree(
      defineProcess({
        name: "web",
        command: parent,
        stopMode: "leader",
        readyOn: /up/,
        onLine: (line) => lines.push(line),
      }),
    );
    await supervisor.start();
    await supervisor.stop();
    expect(lines).toEqual(["up", "job done", "drained"]);
    expect(exits).toEqual(["web stopped"]);
  });

  it("leaves no child: the rest of its group is asked when it has ended", async () => {
    const lines: string[] = [];
    const { supervisor } = createTree(
      defineProcess({
        name: "web",
        command: sh(
          `sh -c 'exec 2>/dev/null; trap "echo child asked; exit 0" TERM; echo up; while :; do sleep 0.05; done' & wait`,
        ),
        stopMode: "leader",
        readyOn: /up/,
        onLine: (line) => lines.push(line),
      }),
    );
    await supervisor.start();
    const began = performance.now();
    await supervisor.stop();
    expect(lines).toEqual(["up", "child asked"]);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
