// roleMachine: every transition of a role on one node, and every event in every state.

import { describe, expect, it } from "vitest";
import type { RoleEvent } from "../../machines/events.ts";
import { type RolePort, type RoleRule, roleMachine } from "../../machines/index.ts";
import { elapse, leaves, next, walk } from "./steps.ts";

const rule: RoleRule = { maxRetries: 5, moveAfterFailures: 3, resetAfterMs: 60_000, retryPeriodMs: 1_000 };
const boom = new Error("boom");

const port = new Proxy({} as RolePort, {
  get: (_, verb) => {
    if (typeof verb === "symbol" || verb === "toJSON") return undefined;
    return () => {
      throw new Error(`the transition called ${String(verb)} of its port`);
    };
  },
});

type Step = RoleEvent | ReturnType<typeof elapse>;

const role = (...steps: readonly Step[]) => walk(roleMachine, { rule, port }, steps);

const chosen = (delayMs = 0): Step => ({ type: "placement.chosen", delayMs });
const dismissed: Step = { type: "placement.dismissed", to: "s2" };
const stop: Step = { type: "role.stop" };
const move: Step = { type: "role.move", to: "s3" };
const lost: Step = { type: "lease.lost", leftMs: 5_000 };
const granted = (attempt = 1, failures = 0): Step => ({
  type: "claim.granted",
  attempt,
  revision: 4,
  token: 99,
  failures,
});
const refused = (attempt = 1): Step => ({ type: "claim.refused", attempt });
const unknown = (attempt = 1): Step => ({ type: "claim.unknown", attempt });
const read = (isOurs: boolean, attempt = 1): Step => ({
  type: "claim.read",
  attempt,
  isOurs,
  revision: 4,
  token: 99,
  failures: 0,
});
const up: Step = { type: "service.up" };
const down: Step = { type: "service.down" };
const gaveUp = (failures = 3): Step => ({ type: "service.gaveUp", failures, error: boom });
const finished: Step = { type: "service.finished" };
const ended: Step = { type: "service.ended" };
const unstopped: Step = { type: "service.unstopped" };
const late: Step = { type: "service.late" };
const confirmed: Step = { type: "release.confirmed" };
const releaseRefused: Step = { type: "release.refused" };
const releaseUnknown: Step = { type: "release.unknown" };

const writing = [chosen()];
const resolving = [...writing, unknown()];
const starting = [...writing, granted()];
const running = [...starting, up];
const stopping = [...running, dismissed];
const stuck = [...stopping, unstopped];
const expiring = [...running, lost];
const releasing = [...stopping, ended];
const retrying = [...releasing, releaseUnknown];

describe("every transition", () => {
  it.each<[from: string, steps: readonly Step[], event: Step, to: string, does: string[]]>([
    ["standby", [], chosen(50), "delaying", []],
    ["standby", [], chosen(), "acquiring.writing", ["claim"]],
    ["delaying", [chosen(50)], elapse("backoff"), "acquiring.writing", ["claim"]],
    ["delaying", [chosen(50)], dismissed, "standby", []],
    ["delaying", [chosen(50)], stop, "standby", []],
    ["delaying", [chosen(50)], lost, "standby", []],
    ["acquiring.writing", writing, granted(), "active.starting", ["noteGrant", "addService"]],
    [
      "acquiring.writing, dismissed",
      [...writing, dismissed],
      granted(),
      "steppingDown.releasing",
      ["noteGrant", "release"],
    ],
    ["acquiring.writing, stopped", [...writing, stop], granted(), "steppingDown.releasing", ["noteGrant", "release"]],
    [
      "acquiring.writing, dismissed and chosen again",
      [...writing, dismissed, chosen()],
      granted(),
      "active.starting",
      ["noteGrant", "addService"],
    ],
    ["acquiring.writing", writing, granted(2), "acquiring.writing", []],
    ["acquiring.writing", writing, refused(), "standby", []],
    ["acquiring.writing", writing, unknown(), "acquiring.resolving", []],
    ["acquiring.writing", writing, lost, "standby", []],
    ["acquiring.resolving", resolving, elapse("retryPeriod"), "acquiring.resolving", ["readClaim"]],
    ["acquiring.resolving", resolving, read(true), "active.starting", ["noteGrant", "addService"]],
    ["acquiring.resolving", resolving, read(false), "standby", []],
    ["acquiring.resolving", resolving, read(true, 7), "acquiring.resolving", []],
    ["acquiring.resolving", resolving, unknown(), "acquiring.resolving", []],
    [
      "acquiring.resolving, stopped",
      [...resolving, stop],
      read(true),
      "steppingDown.releasing",
      ["noteGrant", "release"],
    ],
    ["acquiring.resolving", resolving, lost, "standby", []],
    ["active.starting", starting, up, "active.up", []],
    ["active.up", running, down, "active.starting", []],
    ["active", running, gaveUp(), "steppingDown.releasing", ["release"]],
    ["active", starting, gaveUp(6), "steppingDown.releasing", ["release"]],
    ["active", running, finished, "steppingDown.releasing", ["release"]],
    ["active", running, dismissed, "steppingDown.stopping", ["removeService"]],
    ["active", starting, stop, "steppingDown.stopping", ["removeService"]],
    ["active", running, move, "steppingDown.stopping", ["removeService"]],
    ["active", running, lost, "steppingDown.expiring", ["removeService"]],
    ["stopping", stopping, ended, "steppingDown.releasing", ["release"]],
    ["stopping", stopping, unstopped, "steppingDown.stuck", ["reportStuck"]],
    ["stopping", stopping, lost, "steppingDown.expiring", ["removeService"]],
    ["stuck", stuck, late, "steppingDown.releasing", ["release"]],
    ["stuck", stuck, lost, "standby", []],
    ["expiring", expiring, ended, "standby", []],
    ["expiring", expiring, unstopped, "standby", []],
    ["expiring", expiring, elapse("leaseEnd"), "steppingDown.expiring", ["forceService"]],
    ["releasing", releasing, confirmed, "standby", []],
    ["releasing", releasing, releaseRefused, "standby", []],
    ["releasing", releasing, releaseUnknown, "steppingDown.retrying", []],
    ["releasing", releasing, lost, "standby", []],
    ["retrying", retrying, elapse("retryPeriod"), "steppingDown.releasing", ["release"]],
    ["retrying", retrying, lost, "standby", []],
  ])("%s: %#", (_, steps, event, to, does) => {
    const step = role(...steps, event);
    expect(step.state).toBe(to);
    expect(step.does.filter((action) => !/^(set |clear |xstate)/.test(action))).toEqual(does);
  });
});

describe("what becomes of the claim", () => {
  it.each<[title: string, steps: readonly Step[], expected: object]>([
    [
      "handed over to the one that the placement names",
      releasing,
      { as: "handed-over", failures: 0, error: null, to: "s2" },
    ],
    [
      "moved to the one that the user names",
      [...running, move, ended],
      { as: "handed-over", failures: 0, error: null, to: "s3" },
    ],
    ["stopped: for anybody", [...running, stop, ended], { as: "handed-over", failures: 0, error: null, to: null }],
    ["failed on this node", [...running, gaveUp()], { as: "failed-there", failures: 3, error: boom, to: null }],
    [
      "failed on the last of its nodes",
      [chosen(), granted(1, 3), up, gaveUp()],
      { as: "failed", failures: 6, error: boom, to: null },
    ],
    ["completed", [...running, finished], { as: "completed", failures: 0, error: null, to: null }],
  ])("%s", (_, steps, expected) => {
    expect(role(...steps).context.release).toEqual(expected);
  });

  it("failures of other nodes count, up to the limit and not beyond", () => {
    const releaseOf = (before: number, here: number) =>
      role(chosen(), granted(1, before), gaveUp(here)).context.release.as;
    expect([releaseOf(2, 3), releaseOf(3, 3)]).toEqual(["failed-there", "failed"]);
  });
});

describe("the failures of a role", () => {
  it("are cleared once it has been up for long enough, which it has then proved for others, too", () => {
    const failing = [chosen(), granted(1, 2), up];
    expect(role(...failing).timers).toEqual({ resetAfter: 60_000 });
    const cleared = role(...failing, elapse("resetAfter"));
    expect([cleared.state, cleared.does, cleared.context.failures]).toEqual(["active.up", ["writeProved"], 0]);
  });

  it("are not cleared by a time that was interrupted", () => {
    expect(role(chosen(), granted(1, 2), up, down).timers).toEqual({});
  });
});

describe("the loss of the lease", () => {
  it("gives a running service what is left of the lease", () => {
    expect(role(...expiring).timers).toEqual({ leaseEnd: 5_000 });
  });

  it("makes a grant void whose answer comes later", () => {
    const step = role(...writing, lost, granted());
    expect([step.state, step.does]).toEqual(["standby", []]);
  });

  it("cannot be undone: what expires is not kept by a new choice", () => {
    expect(role(...expiring, chosen()).state).toBe("steppingDown.expiring");
  });
});

describe("every event in every state", () => {
  const wayTo: Record<string, readonly Step[]> = {
    standby: [],
    delaying: [chosen(50)],
    "acquiring.writing": writing,
    "acquiring.resolving": resolving,
    "active.starting": starting,
    "active.up": running,
    "steppingDown.stopping": stopping,
    "steppingDown.stuck": stuck,
    "steppingDown.expiring": expiring,
    "steppingDown.releasing": releasing,
    "steppingDown.retrying": retrying,
  };
  const alphabet = [
    chosen(),
    dismissed,
    stop,
    move,
    lost,
    granted(),
    refused(),
    unknown(),
    read(true),
    up,
    down,
    gaveUp(),
    finished,
    ended,
    unstopped,
    late,
    confirmed,
    releaseRefused,
    releaseUnknown,
  ] as RoleEvent[];
  const active: RoleEvent["type"][] = [
    "lease.lost",
    "placement.dismissed",
    "role.move",
    "role.stop",
    "service.finished",
    "service.gaveUp",
  ];
  /** Each state ignores every other event, or stays where it is. */
  const leading: Record<string, RoleEvent["type"][]> = {
    standby: ["placement.chosen"],
    delaying: ["lease.lost", "placement.dismissed", "role.stop"],
    "acquiring.writing": ["claim.granted", "claim.refused", "claim.unknown", "lease.lost"],
    "acquiring.resolving": ["claim.read", "lease.lost"],
    "active.starting": [...active, "service.up"],
    "active.up": ["lease.lost", "placement.dismissed", "role.move", "role.stop", "service.down", ...active.slice(4)],
    "steppingDown.stopping": ["lease.lost", "service.ended", "service.unstopped"],
    "steppingDown.stuck": ["lease.lost", "service.late"],
    "steppingDown.expiring": ["service.ended", "service.unstopped"],
    "steppingDown.releasing": ["lease.lost", "release.confirmed", "release.refused", "release.unknown"],
    "steppingDown.retrying": ["lease.lost"],
  };

  it.each(Object.keys(wayTo))("%s", (state) => {
    const step = role(...wayTo[state]!);
    expect(step.state).toBe(state);
    const moving = alphabet.filter((event) => next(roleMachine, step, event).state !== step.state);
    expect(moving.map(({ type }) => type).sort()).toEqual([...leading[state]!].sort());
  });

  it("every state of the chart is among them", () => {
    expect(Object.keys(wayTo).sort()).toEqual(leaves(roleMachine).sort());
  });
});
