// subjects.ts: the small trees that are explored, each with the commands of which all sequences are tried.

import type { Dependency, Strategy } from "../../src/index.ts";
import { type Command, type Flag, verbs } from "../world/commands.ts";
import { type ChildShape, shapesByName, type TreeShape } from "../world/shape.ts";
import type { Subject } from "./explorer.ts";

const restart: ChildShape["restart"] = {
  policy: "on-failure",
  maxRetries: 1,
  initialBackoffMs: 10,
  maxBackoffMs: 100,
  resetAfterMs: 1_000,
  jitter: 0,
};

/** A service that is up at once, takes 20 ms to stop and is given 50 ms. */
export function service(name: string, options: Partial<ChildShape> = {}): ChildShape {
  return { name, body: "run", downMs: 20, stopTimeoutMs: 50, startTimeoutMs: 100, restart, ...options };
}

/** A start that takes 30 ms. */
const slowly = { body: "start", upMs: 30 } as const;

function nest(name: string, services: ChildShape[], options: Partial<ChildShape> = {}): ChildShape {
  return { name, services, strategy: "one-for-one", stopTimeoutMs: 500, restart, ...options };
}

interface Alphabet {
  /** What the services do and what may be wrong with them. */
  readonly deeds?: readonly ("fail" | "complete" | "endLate")[];
  readonly faults?: readonly Flag[];
  readonly verbs?: readonly (typeof verbs)[number][];
  /** Verbs, with and without a turn of their own. */
  readonly isHasty?: boolean;
  /** The services that everything is done to. */
  readonly names?: readonly string[];
  readonly more?: readonly Command[];
}

/** All that can be done to the services of a tree, and the start and the stop of the tree. */
function subject(name: string, tree: TreeShape, alphabet: Alphabet = {}): Subject {
  const names = alphabet.names ?? [...shapesByName(tree).keys()];
  const { deeds = ["fail"], faults = [], verbs: chosen = verbs, isHasty = true, more = [] } = alphabet;
  const byHand: Command[] = [
    ...names.flatMap((one) => chosen.map((verb): Command => [verb, one])),
    ["start"],
    ["stop"],
  ];
  const again = chosen.includes("removeService") ? names.map((one): Command => ["addAgain", one]) : [];
  return {
    name,
    tree,
    commands: [
      ["next"],
      ...names.flatMap((one) => deeds.map((deed): Command => (deed === "endLate" ? [deed, one, false] : [deed, one]))),
      ...names.flatMap((one) =>
        faults.flatMap((flag): Command[] => [
          [flag, one, true],
          [flag, one, false],
        ]),
      ),
      ...byHand,
      ...again,
      ...(isHasty ? [...byHand, ...again].map((command): Command => ["now", command]) : []),
      ...more,
    ],
  };
}

const strategies: readonly Strategy[] = ["one-for-one", "one-for-all", "rest-for-one"];

const dependencies: readonly [kind: string, edge: Partial<Dependency>, more?: Partial<ChildShape>][] = [
  ["healthy", {}],
  ["started, restarted with it", { condition: "started", onFailure: "restart" }],
  ["completed", { condition: "completed" }],
  ["optional, restarted with it", { required: false, onFailure: "restart" }],
  ["stopped with it", { onFailure: "stop" }],
  ["a held value", {}, { holds: true }],
];

/** Each strategy with a dependency of each kind. */
const pairs = strategies.flatMap((strategy) =>
  dependencies.map(([kind, edge, more]) =>
    subject(
      `${strategy}, b on a: ${kind}`,
      { strategy, services: [service("a"), service("b", { dependsOn: [{ service: "a", ...edge }], ...more })] },
      {
        deeds: edge.condition === undefined ? ["fail"] : ["fail", "complete"],
        // It would close a circle.
        more: edge.required === false ? [["addAgain", "a", "b"]] : [],
      },
    ),
  ),
);

const triples = strategies.map((strategy) =>
  subject(
    `${strategy}, three services`,
    { strategy, services: [service("a"), service("b", { critical: false }), service("c", { critical: false })] },
    { verbs: ["startService", "stopService", "removeService"], isHasty: false },
  ),
);

const nested = strategies.map((strategy) =>
  subject(
    `a nested ${strategy} supervisor with a dependant`,
    {
      strategy: "one-for-one",
      services: [
        nest("sub", [service("a"), service("b")], { strategy }),
        service("c", { dependsOn: [{ service: "sub", onFailure: "restart" }] }),
      ],
    },
    { verbs: ["startService", "stopService", "restartService"] },
  ),
);

export const subjects: readonly Subject[] = [
  ...pairs,
  ...triples,
  ...nested,
  subject(
    "a chain that stops by hand",
    {
      strategy: "one-for-one",
      services: [
        service("a"),
        service("b", { dependsOn: [{ service: "a", onFailure: "restart" }] }),
        service("c", { downMs: 40, dependsOn: [{ service: "b", onFailure: "stop" }] }),
        service("d", { dependsOn: [{ service: "a", onFailure: "stop" }] }),
      ],
    },
    { deeds: [], verbs: ["startService", "stopService", "restartService"] },
  ),
  subject(
    "a service added again as a dependant of its own",
    {
      strategy: "one-for-one",
      services: [
        service("a", { downMs: 0 }),
        service("b", { dependsOn: [{ service: "a", required: false, onFailure: "ignore" }] }),
      ],
    },
    { deeds: [], verbs: ["removeService"], more: [["addAgain", "a", "b"]] },
  ),
  subject(
    "newcomers that wait for each other",
    { strategy: "one-for-one", services: [service("a")] },
    {
      deeds: [],
      names: ["new0"],
      verbs: ["startService", "stopService"],
      isHasty: false,
      more: [
        ["addService", "app", service("new0", { body: "start", upMs: 10, downMs: 0 })],
        ["addService", "app", service("new1", { dependsOn: [{ service: "new0" }] })],
      ],
    },
  ),
  subject(
    "a definition that comes while the tree starts",
    {
      strategy: "one-for-one",
      services: [service("a", slowly), service("b", { downMs: 0, restart: { ...restart, maxRetries: 0 } })],
    },
    { deeds: [], faults: ["brokenStart"], names: ["b"], verbs: [], more: [["redefine", [], ["b"], false]] },
  ),
  subject(
    "runs with signals",
    { strategy: "one-for-one", services: [service("a", slowly)] },
    {
      verbs: [],
      isHasty: true,
      more: [
        ["run"],
        ["abort", 0],
        ["abort", 1],
        ["now", ["run"]],
        ["now", ["abort", 0]],
        ["then", ["start"]],
        ["onState", "app", "stopped", ["run"]],
      ],
    },
  ),
  subject(
    "a service that ignores its stop",
    { strategy: "one-for-one", services: [service("a", { critical: false }), service("b", { critical: false })] },
    { faults: ["deaf"], deeds: ["fail", "endLate"], verbs: ["startService", "stopService", "restartService"] },
  ),
  subject(
    "actors",
    { strategy: "one-for-one", services: [service("p", { body: "promise" }), service("m", { body: "machine" })] },
    { faults: ["deaf"], deeds: ["fail", "complete"], isHasty: false },
  ),
  subject(
    "a dependant of a probed service",
    {
      strategy: "one-for-one",
      services: [service("a", { probe: "health" }), service("b", { dependsOn: [{ service: "a" }] })],
    },
    { faults: ["sick", "stuck"], verbs: ["startService", "stopService", "restartService"], isHasty: false },
  ),
  subject(
    "verbs from inside the code of services",
    {
      strategy: "rest-for-one",
      services: [service("a"), service("b", { dependsOn: [{ service: "a", onFailure: "restart" }] })],
    },
    {
      verbs: ["startService", "stopService"],
      more: (["begin", "stop"] as const).flatMap((place) =>
        ["a", "b"].flatMap((name): Command[] => [
          ["inside", place, name, ["stopService", name]],
          ["inside", place, name, ["restartService", name]],
          ["inside", place, name, ["stop"]],
        ]),
      ),
    },
  ),
];
