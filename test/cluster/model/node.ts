// One node of the model: the ports of its charts, as src/cluster/session.ts, role-director.ts and claim-holder.ts implement
// them, with the project's own policies.

import {
  type ClaimRecord,
  type Directory,
  emptyDirectory,
  isEchoFresh,
  type SessionRecord,
} from "../../../machines/policies/directory.ts";
import { countDeath, isExhausted, nextToken } from "../../../machines/policies/failover.ts";
import { placeRoles } from "../../../machines/policies/placement.ts";
import { toCandidates, toPlaceables } from "../../../src/cluster/to-placement.ts";
import { begin, change, chart, fire, type ModelEvent, roleRule, rule, type Stepped, step } from "./charts.ts";
import { bring, copyClaim, type Mutants as EngineMutants } from "./engine.ts";
import { type ClaimEntry, type Node, newRole, type Op, type Role, type SessionEntry, type World } from "./world.ts";

export interface Mutants extends EngineMutants {
  /** The lease counts from the answer to a renewal. */
  readonly countsFromTheAnswer?: boolean;
  /** A process that starts again has the session that it had before. */
  readonly keepsTheSession?: boolean;
  /** A renewal that is confirmed after the lease was given up revives it. */
  readonly revives?: boolean;
  /** A claim is given up while its service still runs. */
  readonly releasesUnstopped?: boolean;
  /** A claim whose outcome is unknown is taken for refused, and what arrives of it all the same is left alone. */
  readonly takesUnknownForRefused?: boolean;
  /** A claim that waited for its backoff is written though another has taken the role meanwhile. */
  readonly claimsWhatIsHeld?: boolean;
}

/** Drives one node. What it does changes the world that it is given. */
export class Driver {
  readonly #world: World;
  readonly #node: Node;
  readonly #mutants: Mutants;

  constructor(world: World, node: Node, mutants: Mutants) {
    this.#world = world;
    this.#node = node;
    this.#mutants = mutants;
  }

  get validFor(): number {
    const { stage } = this.#node;
    return stage === "over" || stage === "joining" ? 0 : Math.max(0, rule.leaseDurationMs - this.sentAge);
  }

  /** How long ago the last confirmed write was sent. */
  get sentAge(): number {
    return -(chart(this.#node.chart).context.sent as { now: number }).now;
  }

  get isMember(): boolean {
    return this.#node.stage === "member" && this.validFor > 0;
  }

  // The session.

  begin(): void {
    const node = this.#node;
    node.count++;
    node.session = `s${node.index}${this.#mutants.keepsTheSession === true ? "" : `.${node.count}`}`;
    node.stage = "joining";
    node.chart = begin("membership");
    node.joinedAge = 0;
    node.sessions = {};
    node.claims = node.claims.map(() => null);
    node.written = { rev: 0, age: 0, willing: true };
    node.roles = node.roles.map(newRole);
    node.ops = [];
    this.#ask("open", {});
  }

  stop(): void {
    this.#node.isStopping = true;
    for (const claim of this.#node.roles.keys()) this.#sendRole(claim, { type: "role.stop" });
    if (this.#node.stage === "joining") this.#send({ type: "membership.stop", holds: 0 });
    this.settle();
  }

  #send(event: ModelEvent): void {
    const node = this.#node;
    if (node.stage === "over") return;
    if (this.#mutants.revives === true && node.stage === "stepping" && event.type === "renewal.confirmed") {
      const revived = step("membership", change(node.chart, { value: "member.renewing", timers: {} }), event);
      return this.#apply(revived);
    }
    this.#apply(step("membership", node.chart, event));
  }

  #apply({ id, does }: Stepped): void {
    this.#node.chart = id;
    for (const effect of does) this.#do(effect);
  }

  #do(effect: string): void {
    const node = this.#node;
    const { context } = chart(node.chart);
    const rev = context.revision as number;
    if (effect === "writeSession") this.#ask("create", { entry: this.#toEntry("up") });
    if (effect === "readSession") this.#ask("read", {});
    if (effect === "renew") this.#ask("renew", { rev, number: context.renewal as number, entry: this.#toEntry("up") });
    if (effect === "writeGone") this.#ask("gone", { rev, entry: { ...this.#toEntry("gone"), willing: false } });
    if (effect === "noteRenewal" && node.stage === "joining") {
      node.stage = "member";
      node.joinedAge = 0;
    }
    if (effect === "stepDown") {
      node.stage = "stepping";
      const leftMs = Math.max(0, rule.leaseDurationMs - this.sentAge);
      for (const claim of node.roles.keys()) this.#loseLease(claim, leftMs);
      this.#onIdle();
    }
    if (effect === "reportEnd") this.#end();
  }

  #toEntry(state: SessionEntry["state"]): SessionEntry {
    return { rev: 0, node: this.#node.index, state, willing: !this.#node.isStopping, why: null };
  }

  #onIdle(): void {
    const { stage, roles } = this.#node;
    if (stage === "stepping" && roles.every(isAtRest)) this.#send({ type: "roles.ended" });
  }

  #end(): void {
    const node = this.#node;
    const { outcome } = chart(node.chart).context as { outcome: { kind: string; because?: string } };
    const hasEnded = node.roles.every(({ service }) => service === "none");
    node.stage = "over";
    this.#abandon();
    for (const claim of node.roles.keys()) this.#loseLease(claim, 0);
    node.former = outcome.because === "overdue" && hasEnded ? node.session : null;
    if (node.isStopping) node.life = "stopped";
    else this.begin();
  }

  #loseLease(claim: number, leftMs: number): void {
    const role = this.#node.roles[claim]!;
    // What was stuck has been reported as unstopped: no lease stands for it any more.
    if (stateOf(role) === "steppingDown.stuck") role.service = "none";
    this.#sendRole(claim, { type: "lease.lost", leftMs });
  }

  /** Nobody waits for the answers any more; the requests may still arrive. */
  #abandon(): void {
    for (const op of this.#node.ops) this.leave(op);
    this.#node.ops = [];
  }

  leave(op: Op): void {
    if (op.stage !== "request" || op.kind === "open" || op.kind.toLowerCase().includes("read")) return;
    this.#world.late.push(op);
    // More of them at once are lost: so many writes of so few nodes do not hang about.
    if (this.#world.late.length > 2) this.#world.late.shift();
  }

  // The store.

  #ask(kind: Op["kind"], details: Partial<Op>): void {
    const { index, session } = this.#node;
    const base = { kind, node: index, session, claim: -1, rev: 0, entry: null, record: null, number: 0 };
    const rest = { age: 0, stage: "request", isSlow: false, result: null } as const;
    this.#node.ops.push({ ...base, ...rest, ...details });
  }

  /** The answer to an operation arrives; or none does in time, and its outcome is unknown. */
  answer(op: Op, isKnown: boolean): void {
    const node = this.#node;
    node.ops.splice(node.ops.indexOf(op), 1);
    if (!isKnown) this.leave(op);
    if (op.claim >= 0) this.#answerClaim(op, isKnown);
    else if (op.kind !== "expel") this.#answerSession(op, isKnown);
    this.settle();
  }

  #answerSession(op: Op, isKnown: boolean): void {
    const age = this.#mutants.countsFromTheAnswer === true ? 0 : op.age;
    const sent = { now: -age, wall: -age };
    const error = null;
    if (op.kind === "open") {
      bring(this.#world, this.#node);
      return this.#send({ type: "store.opened" });
    }
    if (op.kind === "renew") {
      const renewal = op.number;
      if (!isKnown) return this.#send({ type: "renewal.unknown", renewal, error });
      if (op.result === null) return this.#send({ type: "renewal.refused", renewal });
      this.#noteWritten(op.result as number, op.entry!.willing);
      return this.#send({ type: "renewal.confirmed", renewal, sent, revision: op.result });
    }
    if (op.kind === "read") {
      if (!isKnown) return this.#send({ type: "session.unknown", sent: { now: 0, wall: 0 }, error });
      const found = op.result as SessionEntry | null;
      const isOurs = found !== null && found.state !== "gone";
      if (isOurs) this.#noteWritten(found.rev, found.willing);
      return this.#send({ type: "session.read", revision: found?.rev ?? null, isOurs });
    }
    if (!isKnown || (op.kind === "create" && op.result === null))
      return this.#send({ type: "session.unknown", sent: { now: -op.age, wall: -op.age }, error });
    if (op.kind === "create") this.#noteWritten(op.result as number, op.entry!.willing);
    this.#send({ type: "session.written", sent, revision: op.result ?? op.rev });
  }

  #noteWritten(rev: number, willing: boolean): void {
    const { written, session, sessions } = this.#node;
    written.willing = willing;
    if ((sessions[session]?.rev ?? 0) < written.rev) return;
    written.rev = rev;
    written.age = 0;
  }

  // Time.

  /** A timer that is due, of a chart; null if there is none. */
  get due(): { readonly claim: number; readonly timer: string } | null {
    const { roles } = this.#node;
    const own = chart(this.#node.chart).timers;
    for (const timer in own) if (own[timer]! <= 0) return { claim: -1, timer };
    for (const [claim, role] of roles.entries()) {
      const { timers } = chart(role.chart);
      for (const timer in timers) if (timers[timer]! <= 0) return { claim, timer };
    }
    return null;
  }

  fireDue(): void {
    const node = this.#node;
    for (let due = this.due; due !== null && node.life === "up"; due = this.due) {
      const { claim, timer } = due;
      if (claim < 0) this.#apply(fire("membership", node.chart, timer));
      else this.#applyRole(claim, fire("role", node.roles[claim]!.chart, timer));
    }
    this.settle();
  }

  // The records.

  /** After each thing that happens: judges, places, follows. */
  settle(): void {
    const node = this.#node;
    if (node.life !== "up" || node.stage !== "member") return;
    const echoed = node.sessions[node.session]?.rev ?? 0;
    const echo = { echoed, written: node.written.rev, writtenAt: -node.written.age };
    const isFresh = isEchoFresh(echo, rule.retryPeriodMs, 0);
    if (this.isMember && !isFresh) node.isStale = false;
    if (this.isMember && isFresh) {
      this.#judge();
      const target = this.#place();
      for (const claim of node.roles.keys()) this.#follow(claim, target.get(claim) ?? null);
    }
    const atRest = node.roles.every((role) => isAtRest(role) || stateOf(role) === "steppingDown.stuck");
    const holds = node.roles.filter((role) => !isAtRest(role)).length;
    if (node.isStopping && atRest) return this.#send({ type: "membership.stop", holds });
    if (node.written.willing === node.isStopping && chart(node.chart).value === "member.fresh")
      this.#send({ type: "session.changed" });
  }

  #judge(): void {
    const { sessions, session: own, joinedAge, ops, judged } = this.#node;
    for (const [session, { age, state, node, rev }] of Object.entries(sessions)) {
      if (session === own || state === "gone" || age < rule.leaseDurationMs) continue;
      if (judged.includes(session) || ops.some((op) => op.kind === "expel" && op.session === session)) continue;
      judged.push(session);
      const why = age <= joinedAge ? "silent" : "unseen";
      this.#ask("expel", { session, rev, entry: { rev: 0, node, state: "gone", willing: false, why } });
    }
  }

  #place(): Map<number, string | null> {
    const { sessions, claims } = this.#node;
    const key = JSON.stringify([
      claims,
      Object.entries(sessions).map(([id, { state, willing, why }]) => [id, state, willing, why]),
    ]);
    let plan = plans.get(key);
    if (plan === undefined) {
      const directory = toDirectory(this.#node);
      const placed = placeRoles(toCandidates(directory), toPlaceables(directory, 0, 2 * rule.retryPeriodMs));
      plan = new Map(claims.map((_, claim) => [claim, placed.get(nameOf(claim, claims.length)) ?? null]));
      plans.set(key, plan);
    }
    return plan;
  }

  #holderOf(claim: number): string | null {
    const { claims, sessions } = this.#node;
    const record = claims[claim]!;
    return record?.state === "held" && sessions[record.session]?.state === "up" ? record.session : null;
  }

  #follow(claim: number, target: string | null): void {
    const node = this.#node;
    const value = stateOf(node.roles[claim]!);
    const record = node.claims[claim]!;
    if (target === node.session && !node.isStopping) {
      if (value === "standby") this.#take(claim, record);
      else if (value.startsWith("acquiring")) this.#sendRole(claim, { type: "placement.chosen", delayMs: 0 });
    } else if (value === "standby") {
      if (this.#mutants.takesUnknownForRefused === true) return;
      if (this.#holderOf(claim) === node.session && !node.ops.some((op) => op.kind === "giveUp" && op.claim === claim))
        this.#ask("giveUp", { claim, rev: record!.rev, record: { ...copyClaim(record!), state: "free" } });
    } else if (value === "delaying" || value.startsWith("acquiring") || (value.startsWith("active") && target !== null))
      this.#sendRole(claim, { type: "placement.dismissed", to: target });
  }

  #take(claim: number, record: (ClaimEntry & { age: number }) | null): void {
    const by = this.#holderOf(claim);
    if (by !== null && (by !== this.#node.session || this.#mutants.takesUnknownForRefused === true)) return;
    // It has not seen yet what came before its last claim.
    if (this.#node.roles[claim]!.refused === (record?.rev ?? 0)) return;
    const delayMs = record === null ? 0 : Math.max(0, record.delay - record.age);
    this.#sendRole(claim, { type: "placement.chosen", delayMs });
  }

  // A role.

  #sendRole(claim: number, event: ModelEvent): void {
    this.#applyRole(claim, step("role", this.#node.roles[claim]!.chart, event));
  }

  #applyRole(claim: number, { id, does }: Stepped): void {
    const role = this.#node.roles[claim]!;
    role.chart = id;
    for (const effect of does) this.#doRole(claim, effect);
    if (stateOf(role) !== "standby") return;
    role.held = null;
    this.#onIdle();
  }

  #doRole(claim: number, effect: string): void {
    const role = this.#node.roles[claim]!;
    if (effect === "claim") this.#claim(claim);
    if (effect === "readClaim") this.#ask("readClaim", { claim, number: chart(role.chart).context.attempt as number });
    if (effect === "addService") this.#activate(claim);
    if (effect === "removeService") {
      if (role.service === "none") this.#sendRole(claim, { type: "service.ended" });
      else role.service = "stopping";
    }
    if (effect === "forceService") this.stopped(claim);
    if (effect === "release") this.#release(claim);
  }

  #claim(claim: number): void {
    const node = this.#node;
    const role = node.roles[claim]!;
    const before = node.claims[claim]!;
    const by = this.#holderOf(claim);
    if (by !== null && by !== node.session && this.#mutants.claimsWhatIsHeld !== true)
      return this.#sendRole(claim, { type: "claim.refused", attempt: chart(role.chart).context.attempt });
    const failures = before === null ? 0 : this.#failuresOf(before);
    role.attempt = this.#world.nextAttempt++;
    const record: ClaimEntry = {
      rev: 0,
      state: isExhausted(roleRule, failures) ? "failed" : "held",
      node: node.index,
      session: node.session,
      attempt: role.attempt,
      token: nextToken(before?.token ?? 0, 0),
      failures,
      avoid: [...(before?.avoid ?? [])],
      delay: 0,
    };
    this.#ask("claim", { claim, rev: before?.rev ?? 0, record, number: chart(role.chart).context.attempt as number });
  }

  #failuresOf(before: ClaimEntry): number {
    const session = this.#node.sessions[before.session];
    if (before.state !== "held" || session?.state === "up") return before.failures;
    return session?.why === "silent" ? countDeath(before.failures, false) : before.failures;
  }

  #answerClaim(op: Op, isKnown: boolean): void {
    const { claim, number: attempt } = op;
    const role = this.#node.roles[claim]!;
    if (op.kind === "giveUp") return;
    if (op.kind === "release" || op.kind === "reread") return this.#answerRelease(op, isKnown);
    const isRefusal = this.#mutants.takesUnknownForRefused === true && op.kind === "claim";
    const unknown = { type: isRefusal ? "claim.refused" : "claim.unknown", attempt };
    if (!isKnown) return this.#sendRole(claim, unknown);
    const found = op.kind === "readClaim" ? (op.result as ClaimEntry | null) : null;
    const isRead = op.kind === "readClaim";
    if (isRead && (found?.attempt !== role.attempt || found.state !== "held"))
      return this.#sendRole(claim, { type: "claim.read", attempt, isOurs: false, revision: 0, token: 0, failures: 0 });
    if (!isRead && op.result === null) role.refused = op.rev;
    if (!isRead && (op.result === null || op.record!.state === "failed"))
      return this.#sendRole(claim, { type: "claim.refused", attempt });
    if (!this.isMember) return this.#sendRole(claim, unknown);
    const record = isRead ? found! : { ...copyClaim(op.record!), rev: op.result as number };
    role.held = record;
    const type = isRead ? "claim.read" : "claim.granted";
    const grant = { revision: 0, token: 0, failures: record.failures };
    this.#sendRole(claim, { type, attempt, isOurs: true, ...grant });
  }

  #release(claim: number): void {
    const role = this.#node.roles[claim]!;
    const { held } = role;
    if (held === null) return this.#sendRole(claim, { type: "release.refused" });
    const { as, failures } = chart(role.chart).context.release as { as: string; failures: number };
    const hasFailed = as === "failed-there" || as === "failed";
    const record: ClaimEntry = {
      ...copyClaim(held),
      state: as === "failed" ? "failed" : "free",
      failures,
      avoid: hasFailed ? this.#avoidAfter(held.avoid) : [...held.avoid],
      delay: as === "failed-there" ? 1 : 0,
    };
    this.#ask("release", { claim, rev: held.rev, record });
  }

  #avoidAfter(before: readonly number[]): number[] {
    const { index, sessions } = this.#node;
    const avoid = [...new Set([...before, index])];
    const isFree = Object.values(sessions).some(
      ({ state, willing, node }) => state === "up" && willing && !avoid.includes(node),
    );
    return isFree ? avoid : [index];
  }

  #answerRelease(op: Op, isKnown: boolean): void {
    const { claim } = op;
    const role = this.#node.roles[claim]!;
    if (!isKnown) return this.#sendRole(claim, { type: "release.unknown" });
    if (op.kind === "release") {
      if (op.result !== null) return this.#sendRole(claim, { type: "release.confirmed" });
      return this.#ask("reread", { claim });
    }
    const found = op.result as ClaimEntry | null;
    if (role.held === null || found?.attempt !== role.held.attempt || found.state !== "held")
      return this.#sendRole(claim, { type: "release.refused" });
    role.held = found;
    this.#sendRole(claim, { type: "release.unknown" });
  }

  // What it runs.

  #activate(claim: number): void {
    const world = this.#world;
    const { roles, session } = this.#node;
    const role = roles[claim]!;
    const { token } = role.held!;
    const at = `claim ${claim} on ${session}`;
    if (token <= world.tokens[claim]!) world.violation = `${at}: its token ${token} does not grow`;
    if (world.sessions[session]?.state !== "up") world.violation = `${at}: its session is not alive`;
    const stored = world.claims[claim]!;
    if (stored?.attempt !== role.held!.attempt && (stored?.token ?? 0) <= token)
      world.violation = `${at}: it was not granted`;
    world.tokens[claim] = token;
    role.service = "up";
    this.#sendRole(claim, { type: "service.up" });
  }

  stopped(claim: number): void {
    const role = this.#node.roles[claim]!;
    if (role.service === "none") return;
    role.service = "none";
    this.#sendRole(claim, { type: stateOf(role) === "steppingDown.stuck" ? "service.late" : "service.ended" });
    this.settle();
  }

  unstopped(claim: number): void {
    this.#node.roles[claim]!.service = "unstopped";
    const type = this.#mutants.releasesUnstopped === true ? "service.ended" : "service.unstopped";
    this.#sendRole(claim, { type });
    this.settle();
  }

  failed(claim: number): void {
    this.#node.roles[claim]!.service = "none";
    this.#sendRole(claim, { type: "service.gaveUp", failures: 1, error: null });
    this.settle();
  }
}

export function stateOf(role: Role): string {
  return chart(role.chart).value;
}

function isAtRest(role: Role): boolean {
  const state = stateOf(role);
  return state === "standby" || state === "delaying";
}

const plans = new Map<string, Map<number, string | null>>();

function nameOf(claim: number, claims: number): string {
  return claims === 1 ? "r" : `r/${claim}`;
}

function toDirectory({ sessions, claims }: Node): Directory {
  const directory = emptyDirectory();
  const v = 1;
  for (const [id, { node, state, willing, why, rev }] of Object.entries(sessions)) {
    const record = { node: `n${node}`, state, roles: willing ? ["r"] : [], version: "", ...(why !== null && { why }) };
    directory.sessions.set(id, { record: record as unknown as SessionRecord, revision: rev, seenAt: 0 });
  }
  for (const [claim, seen] of claims.entries()) {
    if (seen === null) continue;
    const { node, avoid, age, rev, ...rest } = seen;
    const record = { ...rest, node: `n${node}`, avoid: avoid.map((one) => `n${one}`), version: "" };
    directory.claims.set(nameOf(claim, claims.length), {
      record: record as unknown as ClaimRecord,
      revision: rev,
      seenAt: -age,
    });
  }
  const kind = claims.length === 1 ? "singleton" : "shards";
  const role = { v, kind, shards: claims.length, wanted: true, by: "" } as const;
  directory.roles.set("r", { record: role, revision: 1, seenAt: 0 });
  return directory;
}
