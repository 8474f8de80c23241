// membershipMachine: every transition of a session, and every event in every state.

import { describe, expect, it } from "vitest";
import type { MembershipEvent } from "../../machines/events.ts";
import { type MembershipPort, membershipMachine } from "../../machines/index.ts";
import type { LeaseRule, Moment } from "../../machines/policies/lease.ts";
import { elapse, leaves, next, toState, walk } from "./steps.ts";

const rule: LeaseRule = {
  leaseDurationMs: 20_000,
  renewIntervalMs: 3_000,
  renewDeadlineMs: 14_000,
  retryPeriodMs: 1_000,
  clockMarginMs: 1_000,
};

const boom = new Error("boom");
const at = (now: number, wall = now): Moment => ({ now, wall });

/** A port whose clocks stand still; the chart calls nothing else inside a transition. */
function portAt(moment: Moment): MembershipPort {
  return new Proxy({} as MembershipPort, {
    get: (_, verb) => {
      if (verb === "readClocks") return () => moment;
      if (typeof verb === "symbol" || verb === "toJSON") return undefined;
      return () => {
        throw new Error(`the transition called ${String(verb)} of its port`);
      };
    },
  });
}

type Step = MembershipEvent | ReturnType<typeof elapse>;

const session = (steps: readonly Step[], moment = at(0)) =>
  walk(membershipMachine, { rule, port: portAt(moment) }, steps);

const opened: Step = { type: "store.opened" };
const written = (revision = 7, sent = at(0)): Step => ({ type: "session.written", sent, revision });
const unknownWrite: Step = { type: "session.unknown", sent: at(0), error: boom };
const read = (isOurs: boolean, revision: number | null = 9): Step => ({ type: "session.read", isOurs, revision });
const confirmed = (renewal = 1, sent = at(0)): Step => ({ type: "renewal.confirmed", renewal, sent, revision: 8 });
const unknown = (renewal = 1): Step => ({ type: "renewal.unknown", renewal, error: boom });
const refused = (renewal = 1): Step => ({ type: "renewal.refused", renewal });
const stop = (holds = 0): Step => ({ type: "membership.stop", holds });
const changed: Step = { type: "session.changed" };
const jumped: Step = { type: "clock.jumped" };
const ended: Step = { type: "roles.ended" };
const sessionRefused: Step = { type: "session.refused", error: boom };

const joining = [opened];
const fresh = [opened, written()];
const renewing = [...fresh, elapse("renewInterval")];
const resolving = [...renewing, refused()];
const retrying = [...renewing, unknown()];
const stepping = [...resolving, read(false)];
const leaving = [...fresh, stop()];
const over = [...leaving, written()];

const member = "session.member";

describe("every transition", () => {
  it.each<[from: string, steps: readonly Step[], event: Step, to: string, does: string[]]>([
    ["connecting", [], opened, "joining.writing", ["writeSession"]],
    ["connecting", [], { type: "store.failed", error: boom }, "connecting", ["noteTrouble"]],
    ["connecting", [], sessionRefused, "ended", ["reportEnd"]],
    ["connecting", [], stop(), "ended", ["reportEnd"]],
    ["joining", joining, written(), "member.fresh", ["noteRenewal"]],
    ["joining", joining, unknownWrite, "joining.resolving", ["noteTrouble"]],
    ["joining", joining, sessionRefused, "ended", ["reportEnd"]],
    ["joining", joining, stop(), "ended", ["reportEnd"]],
    ["joining.resolving", [...joining, unknownWrite], elapse("retryPeriod"), "joining.resolving", ["readSession"]],
    ["joining.resolving", [...joining, unknownWrite], read(true), "member.fresh", ["noteRenewal"]],
    ["joining.resolving", [...joining, unknownWrite], read(false, null), "joining.writing", ["writeSession"]],
    ["joining.resolving", [...joining, unknownWrite], unknownWrite, "joining.resolving", ["noteTrouble"]],
    ["fresh", fresh, elapse("renewInterval"), "member.renewing", ["renew"]],
    ["fresh", fresh, changed, "member.renewing", ["renew"]],
    ["fresh", fresh, elapse("renewDeadline"), "stepping", ["stepDown"]],
    ["renewing", renewing, confirmed(), "member.fresh", ["noteRenewal"]],
    ["renewing", renewing, confirmed(2), "member.renewing", []],
    ["renewing", renewing, unknown(), "member.retrying", ["noteTrouble"]],
    [
      "renewing, the second unknown",
      [...retrying, elapse("retryPeriod")],
      unknown(2),
      "member.retrying",
      ["noteTrouble", "changeServer"],
    ],
    ["renewing", renewing, unknown(2), "member.renewing", []],
    ["renewing", renewing, refused(), "member.resolving", ["readSession"]],
    ["renewing", renewing, elapse("renewDeadline"), "stepping", ["stepDown"]],
    ["resolving", resolving, read(true), "member.renewing", ["renew"]],
    ["resolving", resolving, read(false), "stepping", ["stepDown"]],
    ["resolving", resolving, unknownWrite, "member.retrying", ["noteTrouble"]],
    ["resolving", resolving, elapse("renewDeadline"), "stepping", ["stepDown"]],
    ["retrying", retrying, elapse("retryPeriod"), "member.renewing", ["renew"]],
    ["retrying", retrying, elapse("renewDeadline"), "stepping", ["stepDown"]],
    ["retrying", retrying, jumped, "member.retrying", []],
    ["member", fresh, stop(), "leaving", ["writeGone"]],
    ["member", renewing, stop(), "leaving", ["writeGone"]],
    ["member that holds what would not stop", fresh, stop(1), "ended", ["reportEnd"]],
    ["stepping", stepping, ended, "ended", ["reportEnd"]],
    ["stepping", stepping, elapse("leaseEnd"), "ended", ["forceRoles", "reportEnd"]],
    ["leaving", leaving, written(), "ended", ["reportEnd"]],
    ["leaving", leaving, unknownWrite, "ended", ["reportEnd"]],
    ["leaving", leaving, elapse("retryPeriod"), "ended", ["reportEnd"]],
  ])("%s: %#", (_, steps, event, to, does) => {
    const step = session([...steps, event]);
    expect(step.state).toBe(`session.${to} duty.up`);
    const names = does.map((name) => expect.stringContaining(name));
    expect(step.does.filter((action) => /^(?!set |clear |xstate)/.test(action))).toEqual(expect.arrayContaining(names));
  });
});

describe("the lease", () => {
  it("counts from before the last confirmed write was sent, in every state", () => {
    const port = portAt(at(2_000));
    const walkTo = (steps: readonly Step[]) => walk(membershipMachine, { rule, port }, steps).timers;
    expect(walkTo(fresh)).toEqual({ renewInterval: 1_000, renewDeadline: 12_000 });
    expect(walkTo(renewing)).toEqual({ renewDeadline: 12_000 });
    expect(walkTo(resolving)).toEqual({ renewDeadline: 12_000 });
    expect(walkTo(retrying)).toEqual({ retryPeriod: 1_000, renewDeadline: 12_000 });
    expect(walkTo(stepping)).toEqual({ leaseEnd: 17_000 });
  });

  it("is not extended by a renewal whose outcome was unknown, though that renewal arrived", () => {
    const step = session([...resolving, read(true, 12)]);
    expect([step.context.sent, step.context.revision]).toEqual([at(0), 12]);
  });

  it("is extended by a confirmed renewal, from when that was sent", () => {
    expect(session([...renewing, confirmed(1, at(2_990))]).context.sent).toEqual(at(2_990));
  });

  it("begins, if the first write was unknown, with the earliest that may have arrived", () => {
    const second: Step = { type: "session.unknown", sent: at(5_000), error: boom };
    const step = session([...joining, unknownWrite, read(false, null), second, read(true, 3)]);
    expect([step.state, step.context.sent]).toEqual([`${member}.fresh duty.up`, at(0)]);
  });

  it("is lost at once when the wall clock says so, after the machine has slept", () => {
    const asleep = at(10, 14_000);
    expect(session([...fresh, jumped], asleep).state).toBe("session.stepping duty.up");
    expect(session([...fresh, jumped], at(10, 13_999)).state).toBe(`${member}.fresh duty.up`);
    expect(session([...fresh, elapse("renewInterval")], asleep).state).toBe("session.stepping duty.up");
    expect(session([...retrying, jumped], asleep).state).toBe("session.stepping duty.up");
    expect(session([...renewing, jumped], asleep).state).toBe("session.stepping duty.up");
  });

  it("cannot be revived: a renewal that is confirmed after it was given up is dropped", () => {
    const late = [...renewing, elapse("renewDeadline")];
    const step = session([...late, confirmed()]);
    expect([step.state, step.does]).toEqual(["session.stepping duty.up", []]);
    expect(session([...late, confirmed(), ended]).context.outcome).toEqual({ kind: "lost", because: "overdue" });
  });
});

describe("how a session ended", () => {
  it.each<[title: string, steps: readonly Step[], outcome: object]>([
    ["it left", over, { kind: "left" }],
    ["another node ended it", [...stepping, ended], { kind: "lost", because: "expelled" }],
    ["it was refused", [opened, sessionRefused], { kind: "refused", error: boom }],
  ])("%s", (_, steps, outcome) => {
    expect(session(steps).context.outcome).toEqual(outcome);
  });
});

describe("the duty", () => {
  it("is set in every state of the session, and written with the next renewal", () => {
    for (const steps of [[], fresh, stepping]) {
      const drained = session([...steps, { type: "duty.drain" }]);
      expect([drained.state.split(" ")[1], drained.does]).toEqual(["duty.draining", ["noteDuty"]]);
      expect(session([...steps, { type: "duty.drain" }, { type: "duty.undrain" }]).state).toContain("duty.up");
    }
  });
});

describe("every event in every state", () => {
  const wayTo: Record<string, readonly Step[]> = {
    connecting: [],
    "joining.writing": joining,
    "joining.resolving": [...joining, unknownWrite],
    "member.fresh": fresh,
    "member.renewing": renewing,
    "member.resolving": resolving,
    "member.retrying": retrying,
    stepping,
    leaving,
    ended: over,
  };
  const alphabet: MembershipEvent[] = [
    opened,
    { type: "store.failed", error: boom },
    written(),
    unknownWrite,
    sessionRefused,
    read(true),
    confirmed(),
    unknown(),
    refused(),
    stop(),
    changed,
    jumped,
    ended,
  ] as MembershipEvent[];
  /** Each state ignores every other event, or stays where it is. */
  const leading: Record<string, MembershipEvent["type"][]> = {
    connecting: ["membership.stop", "session.refused", "store.opened"],
    "joining.writing": ["membership.stop", "session.refused", "session.unknown", "session.written"],
    "joining.resolving": ["membership.stop", "session.read", "session.refused"],
    "member.fresh": ["membership.stop", "session.changed"],
    "member.renewing": ["membership.stop", "renewal.confirmed", "renewal.refused", "renewal.unknown"],
    "member.resolving": ["membership.stop", "session.read", "session.unknown"],
    "member.retrying": ["membership.stop"],
    stepping: ["roles.ended"],
    leaving: ["session.unknown", "session.written"],
    ended: [],
  };

  it.each(Object.keys(wayTo))("%s", (state) => {
    const step = session(wayTo[state]!);
    expect(step.state).toBe(`session.${state} duty.up`);
    const moving = alphabet.filter((event) => next(membershipMachine, step, event).state !== step.state);
    expect(moving.map(({ type }) => type).sort()).toEqual(leading[state]);
  });

  it("every state of the session is among them", () => {
    const all = leaves(membershipMachine).filter((leaf) => leaf.startsWith("session."));
    expect(
      Object.keys(wayTo)
        .map((state) => `session.${state}`)
        .sort(),
    ).toEqual(all.sort());
    expect(toState({ a: "b" })).toBe("a.b");
  });
});
