// Random histories as plain data: a tree, and the commands that the user, the services and time give it.

import fc from "fast-check";
import { anyNested, anyService, anyTree, type ChildShape, type TreeShape } from "./shape.ts";

/** Where the code of a service may call the handle from. */
const places = ["begin", "up", "stop", "check", "decide"] as const;
export type Place = (typeof places)[number];

/** Ways in which a service does badly from now on. `aborts`: it answers a stop request by throwing the signal's reason. */
export const flags = ["deaf", "slow", "brokenStart", "brokenStop", "aborts", "sick"] as const;
export type Flag = (typeof flags)[number];

/** One thing that happens to a tree. A name that the tree does not have at that moment is passed over. */
export type Command =
  | ["start"]
  | ["stop", timeoutMs?: number]
  | ["startService" | "stopService" | "restartService" | "removeService", name: string]
  /** Removes the service and adds it again. */
  | ["replaceService", name: string]
  | ["addService", under: string, shape: ChildShape]
  /** The newest incarnation does it. */
  | ["fail" | "complete" | "heartbeat", name: string]
  /** `ctx.ready()` or `ctx.fail()` of the newest incarnation, or of one before. */
  | ["ready" | "blame", name: string, ago: number]
  /** The oldest incarnation that still lives ends, perhaps long after it was reported unstopped. */
  | ["endLate", name: string, fails: boolean]
  | [Flag, name: string, on: boolean]
  /** When the update of this number is out, from inside the listener. */
  | ["when", seq: number, command: Command]
  /** The next time that the code of the service is at this place, from inside it. */
  | ["inside", place: Place, name: string, command: Command]
  | ["advance", ms: number]
  | ["next"];

export interface History {
  tree: TreeShape;
  commands: Command[];
}

// Small trees have small numbers; a name that a tree does not have is passed over.
const anyName = fc
  .oneof(
    { weight: 5, arbitrary: fc.nat(4) },
    { weight: 2, arbitrary: fc.nat(12) },
    { weight: 1, arbitrary: fc.nat(29) },
  )
  .map((number) => `n${number}`);
const anyNewName = fc.constantFrom("new0", "new1");
const anyTarget = fc.oneof(
  { weight: 18, arbitrary: anyName },
  { weight: 2, arbitrary: anyNewName },
  { weight: 1, arbitrary: fc.constant("app") },
);

/** A newcomer: a service, or a small supervisor. */
const anyNewcomer: fc.Arbitrary<ChildShape> = fc
  .tuple(
    anyNewName,
    fc.oneof({ weight: 4, arbitrary: anyService }, { weight: 1, arbitrary: anyNested(3) }),
    fc.array(anyName, { maxLength: 1 }),
  )
  .map(([name, { significant: _, dependsOn, ...shape }, on]): ChildShape => {
    const [service] = on;
    const [dependency] = dependsOn ?? [];
    return {
      ...shape,
      name,
      ...(service && dependency && { dependsOn: [{ ...dependency, service }] }),
      ...(shape.services && { services: shape.services.map((child, index) => toLeaf(child, `${name}-${index}`)) }),
    };
  });

function toLeaf({ significant: _, dependsOn: __, ...child }: ChildShape, name: string): ChildShape {
  return { ...child, name, ...(child.services && { services: [] }) };
}

const time: fc.Arbitrary<Command> = fc.oneof(
  fc.tuple(fc.constant("advance" as const), fc.constantFrom(0, 1, 10, 50, 200, 1_000)),
  fc.constant<Command>(["next"]),
);

const deed: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(fc.constantFrom("fail" as const, "complete" as const, "heartbeat" as const), anyTarget),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constantFrom("ready" as const, "blame" as const), anyTarget, fc.constantFrom(0, 0, 1)),
  },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...flags), anyTarget, fc.boolean()) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom("startService" as const, "restartService" as const), anyTarget) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom("stopService" as const, "removeService" as const), anyTarget) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("replaceService" as const), anyTarget) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("endLate" as const), anyTarget, fc.boolean()) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constant("addService" as const), fc.oneof(fc.constant("app"), anyName), anyNewcomer),
  },
  { weight: 1, arbitrary: fc.constantFrom<Command>(["start"], ["start"], ["stop"], ["stop", 100]) },
);

const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: time },
  { weight: 12, arbitrary: deed },
  { weight: 2, arbitrary: fc.tuple(fc.constant("when" as const), fc.integer({ min: 1, max: 60 }), deed) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("inside" as const), fc.constantFrom(...places), anyTarget, deed) },
);

export const anyHistory: fc.Arbitrary<History> = fc.record({
  tree: anyTree,
  commands: fc.array(anyCommand, { maxLength: 60, size: "max" }),
});
