// Random trees and random histories, as plain data: what fails can be printed, and replayed.

import fc from "fast-check";
import type { Decision, Dependency, RestartPolicy, Strategy, SupervisorSpec } from "../../src/index.ts";

/** What a child is, without its code. */
export interface ChildShape {
  name: string;
  /** How it does its work; absent: it is a supervisor. */
  body?: "run" | "signal" | "start";
  /** How long it takes by itself to be up, and to stop. */
  upMs?: number;
  downMs?: number;
  restart: {
    policy: RestartPolicy;
    maxRetries: number;
    initialBackoffMs: number;
    maxBackoffMs: number;
    resetAfterMs: number;
    jitter: number;
  };
  decide?: Decision | "throw";
  dependsOn?: Dependency[];
  critical?: boolean;
  significant?: boolean;
  startDelayMs?: number;
  startTimeoutMs?: number;
  stopTimeoutMs: number;
  probe?: "readiness" | "liveness" | "health";
  watchdogMs?: number;
  strategy?: Strategy;
  intensity?: { maxRestarts: number; withinMs: number };
  autoShutdown?: NonNullable<SupervisorSpec["autoShutdown"]>;
  services?: ChildShape[];
}

export type TreeShape = Pick<ChildShape, "strategy" | "intensity" | "autoShutdown"> & { services: ChildShape[] };

/** What somebody, or the world, does. A name that is not in the tree now is passed over. */
export type Command =
  | ["start"]
  | ["stop", timeoutMs?: number]
  | ["startService" | "stopService" | "restartService" | "removeService", name: string]
  | ["addService", under: string, shape: ChildShape]
  // The newest incarnation of a service does it; `blame` is ctx.fail, of the newest or of one before.
  | ["ready" | "fail" | "complete" | "heartbeat", name: string]
  | ["blame", name: string, ago: number]
  // From now on it ignores its stop, does not come up by itself, throws in its start or stop, fails its checks.
  | ["deaf" | "slow" | "brokenStart" | "brokenStop" | "sick", name: string, on: boolean]
  /** When the update of this number is out, from inside the listener. */
  | ["when", seq: number, command: Command]
  | ["advance", ms: number]
  | ["next"];

export interface History {
  tree: TreeShape;
  commands: Command[];
}

const maxServices = 30;

/** Without what is undefined. */
function compact<T extends object>(given: { [Key in keyof T]: T[Key] | undefined }): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>, freq = 3) => fc.option(arbitrary, { nil: undefined, freq });

const anyOptions = fc.record(
  {
    restart: fc.record({
      policy: fc.constantFrom<RestartPolicy>("on-failure", "on-failure", "always", "never"),
      maxRetries: fc.constantFrom(2, 0, 1, 5, 1_000),
      initialBackoffMs: fc.constantFrom(10, 0, 100),
      maxBackoffMs: fc.constantFrom(300, 100),
      resetAfterMs: fc.constantFrom(1_000, 100),
      jitter: fc.constantFrom(0, 0.25, 1),
    }),
    decide: maybe(fc.constantFrom<Decision | "throw">("restart", "stop", "fail", "escalate", "throw"), 12),
    dependsOn: maybe(
      fc.array(
        fc.record({
          service: fc.nat(maxServices).map(String),
          condition: fc.constantFrom<NonNullable<Dependency["condition"]>>("healthy", "started", "completed"),
          required: fc.boolean(),
          onFailure: fc.constantFrom<NonNullable<Dependency["onFailure"]>>("ignore", "stop", "restart"),
        }),
        { minLength: 1, maxLength: 2 },
      ),
      2,
    ),
    critical: maybe(fc.boolean(), 2),
    significant: maybe(fc.constant(true), 3),
    startDelayMs: maybe(fc.constantFrom(10, 200), 6),
    stopTimeoutMs: fc.constantFrom(500, 50, 0),
  },
  { requiredKeys: ["restart", "stopTimeoutMs"] },
);

const anyService = fc
  .tuple(
    anyOptions,
    fc.record({
      body: fc.constantFrom<"run" | "signal" | "start">("run", "signal", "start"),
      upMs: fc.constantFrom(0, 20, 150),
      downMs: fc.constantFrom(0, 0, 20, 150),
      startTimeoutMs: fc.constantFrom(1_000, 100),
      probe: maybe(fc.constantFrom<"readiness" | "liveness" | "health">("readiness", "liveness", "health"), 4),
      watchdogMs: maybe(fc.constantFrom(100, 400), 10),
    }),
  )
  .map(([options, own]): ChildShape => compact({ name: "", ...options, ...own }));

const anyFamily = fc.record({
  strategy: fc.constantFrom<Strategy>("one-for-one", "one-for-all", "rest-for-one"),
  intensity: maybe(fc.record({ maxRestarts: fc.nat(5), withinMs: fc.constant(1_000) }), 4),
  autoShutdown: maybe(fc.constantFrom<"any-significant" | "all-significant">("any-significant", "all-significant"), 6),
});

/** Children down to a depth: mostly a few services, seldom many. */
function anyChildren(depth: number): fc.Arbitrary<ChildShape[]> {
  const many = depth === 1 ? fc.constantFrom(2, 3, 4, 4, 5, 12) : fc.constantFrom(1, 2, 3, 6);
  const anyChild =
    depth < 4 ? fc.oneof({ weight: 5, arbitrary: anyService }, { weight: 1, arbitrary: anyNested(depth) }) : anyService;
  return many.chain((maxLength) => fc.array(anyChild, { minLength: 1, maxLength }));
}

function anyNested(depth: number): fc.Arbitrary<ChildShape> {
  return fc
    .tuple(anyOptions, anyFamily, fc.memo(() => anyChildren(depth + 1))())
    .map(([options, family, services]): ChildShape => compact({ name: "", ...options, ...family, services }));
}

/** Gives names, turns numbers of dependencies into those of siblings before, and leaves out what the rules forbid. */
function name(tree: TreeShape): TreeShape {
  let count = 0;
  const nameAll = (children: readonly ChildShape[], parent: Pick<ChildShape, "autoShutdown">): ChildShape[] => {
    const siblings: string[] = [];
    const named: ChildShape[] = [];
    for (const child of children) {
      if (count >= maxServices) break;
      const { dependsOn, significant, ...rest } = child;
      const own: ChildShape = { ...rest, name: `n${count++}` };
      const names = new Set<string>();
      const edges = (dependsOn ?? []).flatMap((edge) => {
        const service = siblings[Number(edge.service) % siblings.length];
        if (service === undefined || names.has(service)) return [];
        names.add(service);
        return [{ ...edge, service }];
      });
      if (edges.length > 0) own.dependsOn = edges;
      if (significant && parent.autoShutdown && child.restart.policy !== "always") own.significant = true;
      if (child.services) own.services = nameAll(child.services, child);
      siblings.push(own.name);
      named.push(own);
    }
    return named;
  };
  return { ...tree, services: nameAll(tree.services, tree) };
}

const flags = ["deaf", "slow", "brokenStart", "brokenStop", "sick"] as const;

// Small trees have small numbers; a name that a tree does not have is passed over.
const anyName = fc
  .oneof(
    { weight: 5, arbitrary: fc.nat(4) },
    { weight: 2, arbitrary: fc.nat(12) },
    { weight: 1, arbitrary: fc.nat(29) },
  )
  .map((number) => `n${number}`);
const anyNewName = fc.constantFrom("new0", "new1");
const anyTarget = fc.oneof({ weight: 9, arbitrary: anyName }, { weight: 1, arbitrary: anyNewName });

function anyCommand(): fc.Arbitrary<Command> {
  const time: fc.Arbitrary<Command> = fc.oneof(
    fc.tuple(fc.constant("advance" as const), fc.constantFrom(0, 1, 10, 50, 200, 1_000)),
    fc.constant<Command>(["next"]),
  );
  const deed: fc.Arbitrary<Command> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(
        fc.constantFrom("fail" as const, "complete" as const, "ready" as const, "heartbeat" as const),
        anyTarget,
      ),
    },
    { weight: 2, arbitrary: fc.tuple(fc.constant("blame" as const), anyTarget, fc.nat(1)) },
    { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...flags), anyTarget, fc.boolean()) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom("startService" as const, "restartService" as const), anyTarget) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom("stopService" as const, "removeService" as const), anyTarget) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.oneof(fc.constant("app"), anyName), anyNewName, anyService)
        .map(
          ([under, name, { dependsOn: _, significant: __, ...shape }]): Command => [
            "addService",
            under,
            { ...shape, name },
          ],
        ),
    },
    { weight: 1, arbitrary: fc.constantFrom<Command>(["start"], ["start"], ["stop"], ["stop", 100]) },
  );
  return fc.oneof(
    { weight: 8, arbitrary: time },
    { weight: 12, arbitrary: deed },
    { weight: 2, arbitrary: fc.tuple(fc.constant("when" as const), fc.integer({ min: 1, max: 60 }), deed) },
  );
}

export const anyHistory: fc.Arbitrary<History> = fc.record({
  tree: fc.tuple(anyFamily, anyChildren(1)).map(([family, services]) => name(compact({ ...family, services }))),
  commands: fc.array(anyCommand(), { maxLength: 60, size: "max" }),
});
