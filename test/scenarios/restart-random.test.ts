// Random lives of small trees: whatever the order of failures, requests and time, the rules that always hold do hold.

import fc from "fast-check";
import { expect, it } from "vitest";
import {
  type ChildSpec,
  createSupervisor,
  type Decision,
  type Dependency,
  type Logger,
  type ServiceStatus,
  type Supervisor,
  type SupervisorSpec,
  type TreeStatus,
} from "../../src/index.ts";
import {
  createScriptedService,
  createSimulatedClock,
  recordUpdates,
  type ScriptedService,
  type UpdateRecord,
} from "../../src/testing/index.ts";
import { drive, type Watched, watch } from "../support/promises.ts";

const names = ["a", "b", "c", "d"] as const;
type Name = (typeof names)[number];

interface Options {
  readonly restart: { policy: "always" | "on-failure" | "never"; maxRetries: number; initialBackoffMs: number };
  readonly decide: Decision | undefined;
  readonly stopTimeoutMs: number;
  readonly significant: boolean;
  readonly critical: boolean | undefined;
  readonly signal: boolean;
  readonly startDelayMs: number;
  readonly on: (Dependency & { service: Name }) | undefined;
}

interface Shape {
  readonly strategy: NonNullable<SupervisorSpec["strategy"]>;
  readonly intensity: { maxRestarts: number; withinMs: number } | undefined;
  readonly autoShutdown: NonNullable<SupervisorSpec["autoShutdown"]>;
  /** How many of the services are children of a nested supervisor. */
  readonly nested: number;
  readonly services: readonly Options[];
  /** Commands that a listener gives in the middle of a turn, when it hears of the update of that number. */
  readonly reactions: readonly { seq: number; command: Command }[];
}

const verbs = [
  "fail",
  "complete",
  "ctx.fail",
  "ready",
  "ignore",
  "obey",
  "start",
  "stop",
  "restart",
  "re-add",
] as const;
type Command = { verb: (typeof verbs)[number]; name: Name } | { verb: "tree.start" | "tree.stop" } | { ms: number };

const anyOptions = fc.record<Options>({
  restart: fc.record({
    policy: fc.constantFrom("always", "on-failure", "on-failure", "never"),
    maxRetries: fc.constantFrom(0, 1, 3, 3),
    initialBackoffMs: fc.constantFrom(1, 10, 100),
  }),
  decide: fc.constantFrom(undefined, undefined, undefined, undefined, undefined, "restart", "stop", "fail", "escalate"),
  stopTimeoutMs: fc.constantFrom(40, 40, 40, 0),
  significant: fc.boolean(),
  critical: fc.constantFrom(undefined, true, false, false),
  signal: fc.boolean(),
  startDelayMs: fc.constantFrom(0, 0, 0, 25),
  on: fc.option(
    fc.record({
      service: fc.constantFrom(...names),
      condition: fc.constantFrom("healthy", "healthy", "started", "completed"),
      onFailure: fc.constantFrom("ignore", "stop", "restart"),
      required: fc.boolean(),
    }),
    { nil: undefined },
  ),
});
const anyRequest: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ verb: fc.constantFrom(...verbs), name: fc.constantFrom(...names) }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constantFrom("tree.start" as const, "tree.stop" as const) }) },
);
const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 9, arbitrary: anyRequest },
  { weight: 6, arbitrary: fc.record({ ms: fc.constantFrom(0, 1, 5, 50, 150) }) },
);
const anyShape = fc.record<Shape>({
  strategy: fc.constantFrom("one-for-one", "one-for-one", "one-for-all", "rest-for-one"),
  intensity: fc.option(fc.constant({ maxRestarts: 3, withinMs: 200 }), { nil: undefined }),
  autoShutdown: fc.constantFrom("never", "never", "any-significant", "all-significant"),
  nested: fc.constantFrom(0, 0, 2),
  services: fc.array(anyOptions, { minLength: 4, maxLength: 4 }),
  reactions: fc.array(fc.record({ seq: fc.integer({ min: 1, max: 80 }), command: anyRequest }), { maxLength: 4 }),
});

class World {
  readonly clock = createSimulatedClock();
  readonly scripts = new Map<Name, ScriptedService>();
  readonly ignoring = new Set<Name>();
  readonly supervisor: Supervisor;
  readonly record: UpdateRecord;
  readonly promises: [what: string, promise: Watched<unknown>][] = [];
  readonly inside: unknown[] = [];
  isEnding = false;
  readonly #oneForOne: boolean;

  constructor({ strategy, intensity, autoShutdown, nested, services, reactions }: Shape) {
    this.#oneForOne = strategy === "one-for-one";
    const specs = services.map(({ restart, decide, critical, significant, signal, on, ...times }, n): ChildSpec => {
      const name = names[n]!;
      const isSibling =
        on !== undefined && names.indexOf(on.service) < n && n < nested === names.indexOf(on.service) < nested;
      const script = createScriptedService(name, {
        ...times,
        startTimeoutMs: 300,
        restart: { ...restart, ...(decide && { decide: () => decide }) },
        ...(significant && restart.policy !== "always" && autoShutdown !== "never" && { significant }),
        ...(critical !== undefined && { critical }),
        ...(signal && { readyOn: "signal" as const }),
        ...(isSibling && { dependsOn: [on] }),
      });
      this.scripts.set(name, script);
      return script.spec;
    });
    const inner: ChildSpec[] =
      nested === 0
        ? []
        : [
            {
              name: "web",
              restart: { initialBackoffMs: 20 },
              strategy,
              autoShutdown,
              services: specs.slice(0, nested),
            },
          ];
    const logger: Logger = {
      debug() {},
      info() {},
      warn() {},
      error: (data, message) => void (message.includes("report") && this.inside.push(data)),
      child: () => logger,
    };
    this.supervisor = createSupervisor(
      {
        name: "app",
        strategy,
        autoShutdown,
        ...(intensity && { intensity }),
        services: [...inner, ...specs.slice(nested)],
      },
      { clock: this.clock, random: () => 0.5, logger },
    );
    this.record = recordUpdates(this.supervisor);
    this.supervisor.on("status", ({ seq }) => {
      for (const reaction of reactions) if (reaction.seq === seq && !this.isEnding) void this.do(reaction.command);
    });
  }

  pathOf(name: Name): string {
    return this.allStatuses().find((status) => status.name === name)?.path ?? name;
  }

  allStatuses(): ServiceStatus[] {
    const flatten = (status: ServiceStatus | TreeStatus): ServiceStatus[] =>
      "services" in status ? [status, ...status.services.flatMap(flatten)] : [status];
    return this.supervisor.status().services.flatMap(flatten);
  }

  async do(command: Command): Promise<void> {
    const { supervisor, clock } = this;
    if ("ms" in command) return clock.advance(command.ms);
    if (command.verb === "tree.start") return this.#promise("tree.start", supervisor.start());
    if (command.verb === "tree.stop") return this.#promise("tree.stop", supervisor.stop());
    const { verb, name } = command as Extract<Command, { name: Name }>;
    const script = this.scripts.get(name)!;
    switch (verb) {
      case "fail":
      case "complete":
        return void (script.live > 0 && this.#newestIsAlive(name) && script[verb]());
      case "ctx.fail":
        return script.ctx?.fail(new Error("ctx.fail"));
      case "ready":
        return script.ready();
      case "ignore":
        this.ignoring.add(name);
        return script.ignoreStop();
      case "obey":
        this.ignoring.delete(name);
        return script.ignoreStop(false);
      case "start":
        return this.#promise(`start ${name}`, supervisor.startService(this.pathOf(name)));
      case "stop":
        return this.#promise(`stop ${name}`, supervisor.stopService(this.pathOf(name)));
      case "restart":
        return this.#promise(`restart ${name}`, supervisor.restartService(this.pathOf(name)));
      case "re-add": {
        const under = this.pathOf(name).split("/").slice(1, -1).join("/");
        const { dependsOn: _, ...spec } = script.spec;
        const again = supervisor
          .removeService(this.pathOf(name))
          .then(() => supervisor.addService(spec, under === "" ? {} : { under }));
        return this.#promise(`re-add ${name}`, again);
      }
    }
  }

  // Which of two that are alive is the newest, the scripted service does not say: it throws when that has ended.
  #newestIsAlive(name: Name): boolean {
    return this.scripts.get(name)!.live === 1 && !this.ignoring.has(name);
  }

  #promise(what: string, promise: Promise<unknown>): void {
    this.promises.push([what, watch(promise)]);
  }

  /** What holds at every moment. */
  check(): void {
    const { supervisor, record, inside } = this;
    expect(inside, "errors inside of the library").toEqual([]);
    expect((supervisor.actor.getSnapshot() as { status: string }).status).toBe("active");
    record.updates.forEach(({ seq }, n) => void (seq === n + 1 || expect(seq).toBe(n + 1)));
    for (const status of this.allStatuses()) this.#checkService(status);
    const tree = supervisor.status();
    const counted = tree.services.reduce<Record<string, number>>((counts, { state }) => {
      counts[state] = (counts[state] ?? 0) + 1;
      return counts;
    }, {});
    expect(Object.fromEntries(Object.entries(tree.counts).filter(([, count]) => count > 0))).toEqual(counted);
    if (this.#oneForOne) expect(supervisor.health().status).toBe(this.#judge(tree));
  }

  #checkService(status: ServiceStatus): void {
    const { path, name, state, phase } = status;
    const last = this.record.updates.findLast((update) => update.type === "status" && update.path === path);
    if (last?.type === "status") expect([path, state, phase]).toEqual([path, last.to, last.phase]);
    expect(status.waitingFor.length > 0, `${path} waits`).toBe(phase === "waiting");
    expect(status.nextAttemptAt !== null && status.nextAttemptAt < this.clock.now(), `${path} is late`).toBe(false);
    const script = this.scripts.get(name as Name);
    if (script === undefined) return;
    const isDown =
      state === "stopped" || state === "failed" || state === "backoff" || phase === "waiting" || phase === "delaying";
    const leftBehind = this.record.updates.some(({ type, path: of }) => type === "unstopped" && of === path);
    if (isDown && !leftBehind) expect(script.live, `${path} is ${state} ${phase} and live`).toBe(0);
    if (state === "running") expect(script.live, `${path} runs`).toBeGreaterThan(0);
  }

  // From scratch; under one-for-one whatever is stopped has completed, or was stopped on purpose.
  #judge(tree: TreeStatus): string {
    if (tree.state !== "running" && tree.state !== "starting") return "unhealthy";
    const report = this.supervisor.health();
    const counted = tree.services.filter(({ state }) => state !== "stopped");
    const bad = counted.filter(({ path }) => !report.services[path]!.healthy);
    if (bad.some(({ path }) => report.services[path]!.critical)) return "unhealthy";
    const degraded = counted.some((status) => "services" in status && this.#judge(status as TreeStatus) === "degraded");
    return bad.length > 0 || degraded ? "degraded" : "healthy";
  }

  /** The end: everything is let go, and nothing is left. */
  async end(): Promise<void> {
    this.isEnding = true;
    for (const script of this.scripts.values()) script.ignoreStop(false);
    await drive(
      this.clock,
      this.supervisor.stop().catch(() => {}),
    );
    await this.clock.advance(0);
    this.check();
    expect(this.clock.pending, "timers").toBe(0);
    const told = this.record.updates.length;
    await this.clock.advance(100_000);
    expect(this.record.updates.length, "updates after the end").toBe(told);
    expect(this.promises.filter(([, { state }]) => state === "pending").map(([what]) => what)).toEqual([]);
    for (const [what, { state, error }] of this.promises) {
      if (state === "rejected") expect(error, what).toMatchObject({ code: expect.stringMatching(/^ERR_/) });
    }
    for (const { path, state } of this.allStatuses()) expect(["stopped", "failed"], path).toContain(state);
    this.record.stop();
  }
}

/** Lets promises settle, with time standing still. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

it("at every moment: one incarnation, true states, gapless updates; in the end: nothing left, every promise settled", async () => {
  await fc.assert(
    fc.asyncProperty(anyShape, fc.array(anyCommand, { maxLength: 80 }), async (shape, commands) => {
      const world = new World(shape);
      await world.do({ verb: "tree.start" });
      await settle();
      world.check();
      for (const command of commands) {
        await world.do(command);
        await settle();
        world.check();
      }
      await world.end();
    }),
    { numRuns: Number(process.env.RUNS ?? 150), seed: Number(process.env.SEED ?? 1), endOnFailure: false },
  );
}, 600_000);
