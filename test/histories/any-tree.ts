// any-tree.ts: random trees.

import fc from "fast-check";
import type { Decision, Dependency, RestartPolicy, Strategy } from "../../src/index.ts";
import { bodies, type ChildShape, canComplete, type TreeShape } from "../world/shape.ts";

const maxServices = 30;
const functions = ["run", "signal", "start"] as const;

/** Leaves out the members that are undefined. */
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
          onFailure: maybe(fc.constantFrom<NonNullable<Dependency["onFailure"]>>("ignore", "stop", "restart"), 4),
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

export const anyService = fc
  .tuple(
    anyOptions,
    fc.record({
      body: fc.oneof(
        { weight: 2, arbitrary: fc.constantFrom(...functions) },
        { weight: 1, arbitrary: fc.constantFrom(...bodies) },
      ),
      holds: maybe(fc.constant(true), 2),
      upMs: fc.constantFrom(0, 20, 150),
      downMs: fc.constantFrom(0, 0, 20, 150),
      startTimeoutMs: fc.constantFrom(1_000, 100),
      probe: maybe(fc.constantFrom<"readiness" | "liveness" | "health">("readiness", "liveness", "health"), 4),
      watchdogMs: maybe(fc.constantFrom(100, 400), 10),
      everyMs: maybe(fc.constantFrom(50, 300), 10),
    }),
  )
  .map(([options, own]): ChildShape => compact({ name: "", ...options, ...own }));

const anyFamily = fc.record({
  strategy: fc.constantFrom<Strategy>("one-for-one", "one-for-all", "rest-for-one"),
  intensity: maybe(fc.record({ maxRestarts: fc.nat(5), withinMs: fc.constant(1_000) }), 4),
  autoShutdown: maybe(fc.constantFrom<"any-significant" | "all-significant">("any-significant", "all-significant"), 6),
});

/** The children of a supervisor at a depth: mostly a few services, seldom many. */
function anyChildren(depth: number): fc.Arbitrary<ChildShape[]> {
  const many = depth === 1 ? fc.constantFrom(2, 3, 4, 4, 5, 12) : fc.constantFrom(1, 2, 3, 6);
  const anyChild =
    depth < 4 ? fc.oneof({ weight: 5, arbitrary: anyService }, { weight: 1, arbitrary: anyNested(depth) }) : anyService;
  return many.chain((maxLength) => fc.array(anyChild, { minLength: 1, maxLength }));
}

export function anyNested(depth: number): fc.Arbitrary<ChildShape> {
  return fc
    .tuple(anyOptions, anyFamily, fc.memo(() => anyChildren(depth + 1))())
    .map(([options, family, services]): ChildShape => compact({ name: "", ...options, ...family, services }));
}

/** Names the children, lets each depend on siblings before it, and leaves out what the rules of a definition forbid. */
function nameChildren(tree: TreeShape): TreeShape {
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
        const condition = canComplete(named.find(({ name }) => name === service)!) ? edge.condition : "healthy";
        return [compact<Dependency>({ ...edge, service, condition })];
      });
      if (edges.length > 0) own.dependsOn = edges;
      if (significant && parent.autoShutdown && child.restart.policy !== "always") own.significant = true;
      if (child.services) own.services = nameAll(child.services, child);
      // Nothing can depend on a service that has a schedule.
      if (own.everyMs === undefined) siblings.push(own.name);
      named.push(own);
    }
    return named;
  };
  return { ...tree, services: nameAll(tree.services, tree) };
}

export const anyTree: fc.Arbitrary<TreeShape> = fc
  .tuple(anyFamily, anyChildren(1))
  .map(([family, services]) => nameChildren(compact({ ...family, services })));
