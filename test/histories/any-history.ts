// any-history.ts: random histories: a tree, and the commands that it is given.

import fc from "fast-check";
import { serviceStates } from "../../machines/states.ts";
import { type Command, flags, type History, places } from "../world/commands.ts";
import type { ChildShape } from "../world/shape.ts";
import { anyNested, anyService, anyTree } from "./any-tree.ts";

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
    fc.array(fc.oneof({ weight: 3, arbitrary: anyName }, { weight: 1, arbitrary: anyNewName }), { maxLength: 1 }),
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
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constant("redefine" as const),
      fc.array(anyName, { maxLength: 2 }),
      fc.array(anyName, { maxLength: 2 }),
      fc.boolean(),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constant("endLate" as const), anyTarget, fc.boolean()) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constant("addService" as const), fc.oneof(fc.constant("app"), anyName), anyNewcomer),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Command>(["start"], ["run"], ["start"], ["run"], ["stop"], ["stop"], ["stop", 100]),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constant("abort" as const), fc.constantFrom(0, 0, 1)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("addAgain" as const), anyTarget) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("addAgain" as const), anyTarget, anyName) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("read" as const), fc.constantFrom(1, 2, 20)) },
);

const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: time },
  { weight: 12, arbitrary: deed },
  { weight: 3, arbitrary: fc.tuple(fc.constant("now" as const), deed) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("then" as const), deed) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("when" as const), fc.integer({ min: 1, max: 60 }), deed) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constant("onState" as const), anyTarget, fc.constantFrom(...serviceStates), deed),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constant("inside" as const), fc.constantFrom(...places), anyTarget, deed) },
);

export const anyHistory: fc.Arbitrary<History> = fc.record({
  tree: anyTree,
  commands: fc.array(anyCommand, { maxLength: 60, size: "max" }),
});
