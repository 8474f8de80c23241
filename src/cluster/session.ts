// session.ts: the session of this node in its cluster, the port of the membership chart. It renews the session's record,
// keeps the directory, ends silent sessions, computes the placement once for each batch of records, and informs the roles.
// Longer than other files: the requests of the chart, the answers of the store and the questions of the roles read and
// write the same state (stage, lease, echo).

import type { AnyActorRef } from "xstate";
import type { MembershipEvent } from "../../machines/events.ts";
import { type MembershipOutcome, type MembershipPort, membershipChart } from "../../machines/membership.ts";
import { type Directory, isEchoFresh, type SessionRecord } from "../../machines/policies/directory.ts";
import { type Moment, validForMs } from "../../machines/policies/lease.ts";
import { type Plan, placeRoles } from "../../machines/policies/placement.ts";
import type { Inside } from "../contract/director.ts";
import { SupervisorError, toError } from "../contract/errors.ts";
import type { ChartHost } from "../engine/witness.ts";
import { attempt } from "./attempt.ts";
import type { ClusterPlan } from "./cluster-plan.ts";
import { Feed } from "./feed.ts";
import { Judge } from "./judge.ts";
import { Observer } from "./observer.ts";
import { openStore } from "./open.ts";
import { decode, encode, keys, wireVersion } from "./records.ts";
import type { StoreConnection } from "./store.ts";
import { toCandidates, toPlaceables } from "./to-placement.ts";

/** A role of this node, as its session sees it. */
export interface Participant {
  readonly role: string;
  /** It would take the role. */
  readonly isWilling: boolean;
  /** The claims that it holds and that are not up. */
  readonly down: readonly string[];
  /** How many claims it holds, or is about to. */
  readonly holds: number;
  /** How many of them are being handed over. */
  readonly handovers: number;
  /** The records, or the plan, have changed. */
  follow(): void;
  loseLease(leftMs: number): void;
}

/** The least time between two writes of the session's record that are not renewals. */
const throttleMs = 250;

export class Session implements MembershipPort, ChartHost {
  readonly plan: ClusterPlan;
  readonly inside: Inside;
  readonly id: string;
  readonly node: string;
  readonly participants = new Set<Participant>();
  readonly path: string;
  readonly role = "service";
  readonly witnesses = { all: null };
  observer: Observer | null = null;
  connection: StoreConnection | null = null;
  /** Where each role belongs; null while this node may not act. */
  placement: Plan | null = null;
  /** clock.now() when it became a member. */
  joinedAt: number | null = null;
  /** The last trouble with the store. */
  trouble: Error | null = null;
  readonly #actor: AnyActorRef;
  readonly #abort = new AbortController();
  readonly #onUp: () => void;
  readonly #onEnd: (error: Error | null) => void;
  #stage: "joining" | "member" | "stepping" | "over" = "joining";
  #sent: Moment | null = null;
  #written = { written: 0, writtenAt: 0 };
  #record = "";
  #changeTimer: unknown = undefined;
  #recheck: { readonly at: number; readonly timer: unknown } | null = null;
  readonly #listeners = new Set<() => void>();
  readonly #leftovers: { readonly onSessionEnd: () => void; readonly count: number }[] = [];
  readonly #judge: Judge;
  readonly feed: Feed;
  readonly #startedAt: number;

  constructor(plan: ClusterPlan, inside: Inside, onUp: () => void, onEnd: (error: Error | null) => void) {
    this.plan = plan;
    this.inside = inside;
    this.path = inside.path;
    this.#onUp = onUp;
    this.#onEnd = onEnd;
    this.node = nameOf(plan, inside);
    this.#startedAt = inside.wallNow();
    this.id = newId(this.node, inside);
    this.#judge = new Judge(this);
    this.feed = new Feed({
      clock: inside.clock,
      directory: () => this.observer?.directory ?? null,
      onListenerError: (error) => inside.logger.error({ err: error }, "a listener of the cluster failed"),
    });
    inside.setSummary(() => this.#summarise());
    this.#actor = inside.startChart(membershipChart, plan.rule, this);
    void this.#open();
  }

  toJSON(): string {
    return this.path;
  }

  note(): void {}

  failInternally(error: unknown): void {
    this.inside.failInternally(error);
  }

  #summarise(): string | null {
    const { name } = this.plan.store;
    const why = this.trouble === null ? "" : `: ${this.trouble.message}`;
    if (this.#stage === "joining")
      return this.trouble === null ? `it joins, at ${name}` : `${name} does not answer${why}`;
    if (this.#stage === "stepping") return `the lease is lost${why}`;
    if (this.#stage === "over" || this.#sent === null) return null;
    const ago = ((this.inside.clock.now() - this.#sent.now) / 1_000).toFixed(1);
    const left = (this.validForMs / 1_000).toFixed(1);
    return `node ${this.node}, last renewal ${ago} s ago, lease valid for ${left} s${why}`;
  }

  // For its roles.

  get isMember(): boolean {
    return this.#stage === "member" && this.validForMs > 0;
  }

  get isDraining(): boolean {
    return this.observer?.directory.drained.has(this.node) ?? false;
  }

  /** How long the lease is valid, by both clocks. */
  get validForMs(): number {
    if (this.#sent === null || this.#stage === "over") return 0;
    return Math.max(0, validForMs(this.plan.rule, this.#sent, this.readClocks()));
  }

  attach(participant: Participant): () => void {
    this.participants.add(participant);
    this.changed();
    this.observer?.notify();
    return () => {
      this.participants.delete(participant);
      this.changed();
      this.onIdle();
    };
  }

  /** Calls back after each batch of records. Returns the remover. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Something of a role still runs after its stop deadline. Its claim stays as long as this session. */
  leave(leftover: { readonly onSessionEnd: () => void; readonly count: number }): void {
    this.#leftovers.push(leftover);
  }

  /** An operation of the store, with the timeout of one attempt. */
  operate<T>(operate: (connection: StoreConnection) => Promise<T>) {
    const { connection } = this;
    const { retryPeriodMs } = this.plan.rule;
    return attempt(this.inside.clock, retryPeriodMs, () =>
      connection === null ? Promise.reject(new Error("not connected")) : operate(connection),
    );
  }

  /** The record of the session has changed, or may have: it is written soon. */
  changed(): void {
    if (this.#stage !== "member" || this.#changeTimer !== undefined) return;
    this.#changeTimer = this.inside.clock.setTimeout(() => {
      this.#changeTimer = undefined;
      if (this.#stage === "member" && encode(this.#toRecord()) !== this.#record)
        this.#send({ type: "session.changed" });
    }, throttleMs);
  }

  /** Looks again after so many milliseconds, or earlier. */
  recheckIn(ms: number): void {
    const { clock } = this.inside;
    const at = clock.now() + ms;
    if (this.#recheck !== null && this.#recheck.at <= at) return;
    if (this.#recheck !== null) clock.clearTimeout(this.#recheck.timer);
    const timer = clock.setTimeout(() => {
      this.#recheck = null;
      this.#settle();
    }, ms);
    this.#recheck = { at, timer };
  }

  /** How long until no node has come or gone for `ms`. */
  quietInMs(ms: number): number {
    const now = this.inside.clock.now();
    return Math.max(0, (this.observer?.membersChangedAt ?? now) + ms - now);
  }

  /** How long until all nodes may be taken to have come: not for ever, though nodes come and go. */
  get settledInMs(): number {
    const { joinSettleMs } = this.plan;
    const latest = (this.joinedAt ?? 0) + 5 * joinSettleMs - this.inside.clock.now();
    return Math.max(0, Math.min(this.quietInMs(joinSettleMs), latest));
  }

  /** A role has ended, or let go of something. */
  onIdle(): void {
    if (this.#stage === "stepping" && this.#holds === 0) this.#send({ type: "roles.ended" });
  }

  get handovers(): number {
    let sum = 0;
    for (const { handovers } of this.participants) sum += handovers;
    return sum;
  }

  get #holds(): number {
    let sum = 0;
    for (const { holds } of this.participants) sum += holds;
    for (const { count } of this.#leftovers) sum += count;
    return sum;
  }

  stop(): void {
    this.#send({ type: "membership.stop", holds: this.#holds });
  }

  // Requests of its chart (MembershipPort).

  readClocks(): Moment {
    return { now: this.inside.clock.now(), wall: this.inside.wallNow() };
  }

  writeSession(): void {
    const sent = this.readClocks();
    this.#record = encode(this.#toRecord());
    void this.operate((store) => store.create(keys.session(this.id), this.#record)).then((outcome) => {
      if (outcome.isKnown && outcome.value !== null) {
        this.#noteWritten(outcome.value);
        return this.#send({ type: "session.written", sent, revision: outcome.value });
      }
      // Refused: an earlier write of this session has arrived after all.
      const error = outcome.isKnown ? new Error("the session has a record already") : outcome.error;
      this.#send({ type: "session.unknown", sent, error });
    });
  }

  readSession(): void {
    void this.operate((store) => store.read(keys.session(this.id))).then((outcome) => {
      if (!outcome.isKnown) return this.#sendUnknown(outcome.error);
      const found = outcome.value;
      const record = found === null ? null : (decode(found.value) as SessionRecord | null);
      const isOurs = record !== null && record.state !== "gone";
      if (found === null && this.#stage === "member") this.#noteDataLoss();
      if (isOurs) this.#noteWritten(found!.revision);
      this.#send({ type: "session.read", revision: found?.revision ?? null, isOurs });
    });
  }

  // Others may still hold what no record tells of any more, until their leases are over.
  #noteDataLoss(): void {
    const { memory, clock, logger } = this.inside;
    memory.set("unsureUntil", clock.now() + this.plan.rule.leaseDurationMs);
    logger.error({ store: this.plan.store.name }, "the records of the cluster are gone");
  }

  /** How long a claim without a record may be held all the same, after the engine has lost its data. */
  get unsureForMs(): number {
    const until = (this.inside.memory.get("unsureUntil") as number | undefined) ?? 0;
    return Math.max(0, until - this.inside.clock.now());
  }

  renew(renewal: number, revision: number): void {
    const sent = this.readClocks();
    const record = encode(this.#toRecord());
    void this.operate((store) => store.replace(keys.session(this.id), record, revision)).then((outcome) => {
      if (!outcome.isKnown) return this.#send({ type: "renewal.unknown", renewal, error: outcome.error });
      if (outcome.value === null) return this.#send({ type: "renewal.refused", renewal });
      this.#record = record;
      this.#noteWritten(outcome.value);
      this.#send({ type: "renewal.confirmed", renewal, sent, revision: outcome.value });
    });
  }

  changeServer(): void {
    this.connection?.changeServer();
  }

  writeGone(revision: number): void {
    const sent = this.readClocks();
    const record = encode({ ...this.#toRecord(), state: "gone", roles: [], down: [] });
    void this.operate((store) => store.replace(keys.session(this.id), record, revision)).then((outcome) => {
      if (!outcome.isKnown) return this.#sendUnknown(outcome.error);
      this.#send({ type: "session.written", sent, revision: outcome.value ?? revision });
    });
  }

  noteRenewal(sent: Moment): void {
    this.#sent = sent;
    this.trouble = null;
    if (this.#stage !== "joining") return this.changed();
    this.#stage = "member";
    this.joinedAt = this.inside.clock.now();
    this.inside.later(this.#onUp);
    this.observer?.notify();
    this.changed();
  }

  noteTrouble(error: Error): void {
    this.trouble = error;
    this.inside.logger.warn({ err: error, store: this.plan.store.name }, "the store of the cluster does not answer");
  }

  noteDuty(): void {
    this.changed();
  }

  stepDown(): void {
    this.#stage = "stepping";
    this.placement = null;
    this.inside.logger.error({ session: this.id }, "the lease is lost; what is clustered stops");
    this.inside.later(() => {
      const leftMs = this.validForMs;
      for (const participant of [...this.participants]) participant.loseLease(leftMs);
      this.onIdle();
    });
  }

  // Each role ends by force what it holds, at the same moment.
  forceRoles(): void {}

  reportEnd(outcome: MembershipOutcome): void {
    const hasEnded = this.#holds === 0;
    this.#stage = "over";
    this.inside.later(() => void this.#close(outcome, hasEnded));
  }

  async #close(outcome: MembershipOutcome, hasEnded: boolean): Promise<void> {
    const { clock, memory } = this.inside;
    // The next session of this node ends this one for the others, if nothing of it is left.
    if (outcome.kind === "lost" && outcome.because === "overdue" && hasEnded) memory.set("former", this.id);
    for (const { onSessionEnd } of this.#leftovers) onSessionEnd();
    this.#abort.abort();
    this.feed.end();
    this.observer?.close();
    this.#judge.close();
    if (this.#changeTimer !== undefined) clock.clearTimeout(this.#changeTimer);
    if (this.#recheck !== null) clock.clearTimeout(this.#recheck.timer);
    this.inside.stopChart(this.#actor);
    const { connection } = this;
    if (connection !== null) await attempt(clock, throttleMs, () => connection.close());
    this.#onEnd(this.#toError(outcome));
  }

  #toError(outcome: MembershipOutcome): Error | null {
    if (outcome.kind === "left") return null;
    if (outcome.kind === "refused") return outcome.error;
    const why =
      outcome.because === "expelled"
        ? "another node has ended its session, which was silent for too long"
        : `no renewal was confirmed within ${this.plan.rule.renewDeadlineMs} ms (renewDeadlineMs)`;
    const options = this.trouble === null ? {} : { cause: this.trouble };
    return new SupervisorError("ERR_LEASE_LOST", `${this.path}: the lease of node ${this.node} is lost: ${why}`, {
      path: this.path,
      ...options,
    });
  }

  // The store.

  async #open(): Promise<void> {
    const former = this.inside.memory.get("former") as string | undefined;
    const opened = await openStore({
      plan: this.plan,
      inside: this.inside,
      signal: this.#abort.signal,
      former: former ?? null,
      by: this.id,
      onTrouble: (error) => this.#send({ type: "store.failed", error }),
    });
    if (opened === null) return;
    if (opened instanceof SupervisorError) return this.#send({ type: "session.refused", error: opened });
    this.inside.memory.delete("former");
    this.connection = opened;
    this.observer = new Observer({
      connection: opened,
      clock: this.inside.clock,
      drawChance: this.inside.drawChance,
      onSynced: () => this.#send({ type: "store.opened" }),
      onChange: () => this.#settle(),
      onStale: (error) => this.inside.logger.warn({ err: error }, "the watch of the cluster begins anew"),
    });
    this.observer.begin();
  }

  #sendUnknown(error: Error): void {
    this.#send({ type: "session.unknown", sent: this.readClocks(), error });
  }

  #send(event: MembershipEvent): void {
    if (this.#stage !== "over") this.inside.send(this.#actor, event);
  }

  #toRecord(): SessionRecord {
    const roles: string[] = [];
    const down: string[] = [];
    for (const participant of this.participants) {
      if (participant.isWilling) roles.push(participant.role);
      down.push(...participant.down);
    }
    return {
      v: wireVersion,
      least: wireVersion,
      node: this.node,
      version: this.plan.version,
      labels: this.plan.labels,
      state: this.isDraining ? "draining" : "up",
      health: down.length === 0 ? "healthy" : "degraded",
      roles: roles.sort(),
      down: down.sort(),
      startedAt: this.#startedAt,
      leaseMs: this.plan.rule.leaseDurationMs,
    };
  }

  // The echo: its own writes come back in its own watch.

  /** Remembers the oldest write that has not come back: each renewal would put the limit off. */
  #noteWritten(revision: number): void {
    if (this.#echoed >= this.#written.written)
      this.#written = { written: revision, writtenAt: this.inside.clock.now() };
    this.recheckIn(2 * this.plan.rule.retryPeriodMs);
  }

  get #echoed(): number {
    return this.observer?.directory.sessions.get(this.id)?.revision ?? 0;
  }

  get #isEchoFresh(): boolean {
    const echo = { ...this.#written, echoed: this.#echoed };
    return isEchoFresh(echo, this.plan.rule.retryPeriodMs, this.inside.clock.now());
  }

  // The records.

  #settle(): void {
    const { observer, inside } = this;
    if (observer === null || !observer.isSynced || this.#stage !== "member") return;
    try {
      this.#setDuty();
      const mayAct = this.isMember && this.#isEchoFresh;
      if (!mayAct && this.isMember) observer.restart(new Error("its own renewals do not come back in its watch"));
      const { directory } = observer;
      this.placement = mayAct ? this.#place(directory) : null;
      if (mayAct) this.#judge.look();
      for (const participant of [...this.participants]) participant.follow();
      for (const listener of [...this.#listeners]) listener();
      this.feed.look();
    } catch (error) {
      inside.failInternally(toError(error));
    }
  }

  #place(directory: Directory): Plan {
    const hintMs = 2 * this.plan.rule.retryPeriodMs;
    return placeRoles(toCandidates(directory), toPlaceables(directory, this.inside.clock.now(), hintMs));
  }

  #setDuty(): void {
    this.#send({ type: this.isDraining ? "duty.drain" : "duty.undrain" });
  }
}

function nameOf({ node }: ClusterPlan, { memory, drawChance }: Inside): string {
  const name = node ?? (memory.get("node") as string | undefined) ?? `node-${toLetters(drawChance(), 6)}`;
  memory.set("node", name);
  return name;
}

/** An id that no other session has: one of another incarnation, another start of the program, another node. */
function newId(node: string, { memory, drawChance, wallNow }: Inside): string {
  const count = ((memory.get("sessions") as number | undefined) ?? 0) + 1;
  memory.set("sessions", count);
  return `${node}-${Math.floor(wallNow()).toString(36)}-${count}-${toLetters(drawChance(), 8)}`;
}

function toLetters(chance: number, count: number): string {
  return Math.floor(chance * 36 ** count)
    .toString(36)
    .padStart(count, "0");
}
