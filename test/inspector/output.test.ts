// What services write, as facts: in order with what happens to them, bounded, and in files that outlive the program.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { ServiceContext } from "../../src/index.ts";
import { Output } from "../../src/inspector/record/output.ts";
import { recordToFile } from "../../src/inspector/record/record-to-file.ts";
import { Recorder } from "../../src/inspector/record/recorder.ts";
import { findMistake } from "../../src/inspector/shared/find-mistake.ts";
import { parseRecording } from "../../src/inspector/shared/parse-recording.ts";
import type { Entry, Recording } from "../../src/inspector/shared/protocol.ts";
import { History } from "../../src/inspector/ui/model/history.ts";
import { describeEntry } from "../../src/inspector/ui/model/wording.ts";
import { createScenario } from "../support/scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "statevisor-output-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A tree of one service that says what it is told to. */
function speaker() {
  const context: { now?: ServiceContext; fail?: (error: Error) => void } = {};
  const scenario = createScenario({
    services: [
      {
        name: "speaker",
        critical: false,
        restart: { initialBackoffMs: 60_000, maxBackoffMs: 60_000, jitter: false, maxRetries: Infinity },
        run: (ctx) =>
          new Promise((_, reject) => {
            context.now = ctx;
            context.fail = reject;
            ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason));
          }),
      },
    ],
  });
  return { ...scenario, context };
}

const options = (include: readonly ("output" | "events")[]) => ({
  historySize: 10_000,
  messages: false,
  include: new Set(include),
});

describe("what a service logs", () => {
  it("is recorded if it is asked for, its last words before its end", async () => {
    const { supervisor, start, clock, context } = speaker();
    const [recorder, other] = [new Recorder(supervisor, options(["output"])), new Recorder(supervisor, options([]))];
    await start();
    context.now!.log.info({ event: "spawned", pid: 4711, command: ["x"] }, "spawned");
    context.now!.log.info({ stream: "stdout" }, "hello");
    context.now!.log.child({ job: 7 }).warn({ err: new Error("no space") }, "cannot save");
    context.fail!(Object.assign(new Error("died"), { code: "ERR_PROCESS_EXIT", exitCode: 3 }));
    await clock.advance(1);
    const history = History.fromRecording(JSON.parse(JSON.stringify(recorder.record())) as Recording);
    const told = history.entries.filter(({ path }) => path === "app/speaker").map((entry) => describeEntry(entry));
    expect(told.slice(-3)).toEqual([
      "runs as process 4711",
      'hello ⏎ warn: cannot save {"job":7}: no space',
      "running → backoff · counting; failed: died; again in 1\u00a0min",
    ]);
    const row = history.at(null).rows.get("app/speaker")!;
    expect([row.pid, row.error!.exitCode]).toEqual([null, 3]);
    const crash = history.failures.at(-1)!;
    expect(history.at(crash - 1).rows.get("app/speaker")!.pid).toBe(4711);
    expect(other.record().entries.some(({ kind }) => kind === "output")).toBe(false);
    recorder.close();
    context.now!.log.info({}, "nobody hears this");
  });

  it("costs a bounded number of facts, of bounded size, however much it is", () => {
    vi.useFakeTimers();
    try {
      const facts: Entry[] = [];
      const output = new Output(
        (entry) => facts.push(entry),
        () => 0,
      );
      const entry = { path: "app/noisy", incarnation: 1, level: "info" as const, data: { stream: "stdout" } };
      for (let ms = 0; ms < 20_000; ms += 10) {
        for (let i = 0; i < 30; i++) output.note({ ...entry, message: `${ms} ${"x".repeat(5_000)}` });
        vi.advanceTimersByTime(10);
      }
      output.close();
      expect(facts.length).toBeLessThan(20);
      const texts = facts.flatMap((fact) => (fact.kind === "output" ? fact.lines.map(({ text }) => text.length) : []));
      expect(Math.max(...texts)).toBeLessThan(1_010);
      const said = facts.reduce(
        (sum, fact) => sum + (fact.kind === "output" ? fact.lines.length + fact.dropped : 0),
        0,
      );
      expect(said).toBe(60_000);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a recording in a file", () => {
  const read = (file: string) => parseRecording(readFileSync(file, "utf8")) as Recording;

  it("is what a recorder has, and stays bounded", async () => {
    const { supervisor, start, context, clock } = speaker();
    const file = join(folder, "bounded.json");
    const recording = recordToFile(supervisor, file, { historySize: 100, include: ["output"] });
    await start();
    for (let i = 0; i < 60; i++) {
      context.now!.log.info({}, `line ${i}`);
      context.fail!(new Error(`failure ${i}`));
      await clock.advance(60_000);
    }
    recording.close();
    const found = read(file);
    expect(findMistake(found)).toBeNull();
    expect(found.entries.length).toBeGreaterThanOrEqual(100);
    expect(found.entries.length).toBeLessThanOrEqual(300);
    const last = History.fromRecording(found).at(null).rows.get("app/speaker")!;
    expect(last).toMatchObject({ state: "running", incarnation: 61 });
    await supervisor.stop();
    expect(read(file).entries.length).toBe(found.entries.length);
  });

  it("has the last words of a program that died of an uncaught error", async () => {
    const file = join(folder, "dead.json");
    const program = `
      import { createSupervisor } from "statevisor";
      import { recordToFile } from "statevisor/inspector";
      const supervisor = createSupervisor({ name: "app", services: [{ name: "speaker", start({ log }) { log.error({}, "the end is near"); } }] });
      recordToFile(supervisor, process.argv[1], { include: ["output"] });
      await supervisor.start();
      throw new Error("and here it is");
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program, file], { cwd: process.cwd() });
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(code).toBe(1);
    const found = read(file);
    expect(findMistake(found)).toBeNull();
    expect(found.entries.map((entry) => describeEntry(entry))).toContain("error: the end is near");
  });

  it("cannot be where nothing can be written, and says so at once", () => {
    const { supervisor } = speaker();
    expect(() => recordToFile(supervisor, join(folder, "no", "such", "folder"))).toThrow(/ENOENT/);
    expect(() => recordToFile(supervisor, join(folder, "x"), { historySize: 1 })).toThrow(/historySize/);
  });
});
