// session.ts: the session of this node in its cluster, the port of the membership chart. It renews the session's record,
// keeps the directory, and answers the roles; what follows from the records is the round's.
// Longer than other files: what the chart asks for and what the roles ask for read and write the same stage and lease.

import type { AnyActorRef, StateValue } from "xstate";
import type { MembershipEvent } from "../../machines/events.ts";
import { type MembershipOutcome, type MembershipPort, membershipChart } from "../../machines/membership.ts";
import type { SessionRecord } from "../../machines/policies/directory.ts";
import { type Moment, validForMs } from "../../machines/policies/lease.ts";
import type { Inside } from "../contract/director.ts";
import { SupervisorError } from "../contract/errors.ts";
import { asHopeless } from "../contract/hopeless.ts";
import type { ChartHost, Witnesses } from "../engine/witness.ts";
import { answerQuestions } from "./answers.ts";
import { attempt } from "./attempt.ts";
import type { ClusterPlan } from "./cluster-plan.ts";
import { doubtElection } from "./engine-trouble.ts";
import { Feed, type Seen } from "./feed.ts";
import { type ClusterMeters, Meters } from "./meters.ts";
import { Observer } from "./observer.ts";
import { openStore } from "./open.ts";
import { keys } from "./records.ts";
import { Round } from "./round.ts";
import { nameOf, newId } from "./session-name.ts";
import { toSessionRecord } from "./session-record.ts";
import { summariseSession, toEndError } from "./session-summary.ts";
import { SessionWrites } from "./session-writes.ts";
import type { StoreConnection } from "./store.ts";
import { treeFeed } from "./tree-feed.ts";

/** A role of this node, as its session sees it. */
export interface Participant {
  readonly role: string;
  /** The path of what stands for it in the tree of this node. */
  readonly path: string;
  /** It would take the role. */
  readonly isWilling: boolean;
  /** The claims that it holds and that are not up. */
  readonly down: readonly string[];
  /** The claims among these whose service would not stop. */
  readonly stuck: readonly string[];
  /** The claims whose service is being stopped. */
  readonly stopping: readonly string[];
  /** The claims whose service has failed, and waits for its next attempt. */
  readonly backoff: readonly string[];
  /** How many claims it holds, or is about to. */
  readonly holds: number;
  /** How many of them are being handed over. */
  readonly handovers: number;
  /** The records, or the plan, have changed. */
  follow(): void;
  loseLease(leftMs: number): void;
}

export type Stage = "joining" | "member" | "stepping" | "over";

/** The least time between two writes of the session's record that are not renewals. */
const throttleMs = 250;

export class Session implements MembershipPort, ChartHost {
  readonly plan: ClusterPlan;
  readonly inside: Inside;
  readonly id: string;
  readonly node: string;
  readonly participants = new Set<Participant>();
  readonly path: string;
  readonly role = "actor";
  readonly machine = membershipChart.machine;
  readonly witnesses: Witnesses;
  observer: Observer | null = null;
  connection: StoreConnection | null = null;
  /** clock.now() when it became a member. */
  joinedAt: number | null = null;
  /** The last trouble with the store. */
  trouble: Error | null = null;
  readonly #actor: AnyActorRef;
  readonly #abort = new AbortController();
  readonly #onUp: () => void;
  readonly #onEnd: (error: Error | null) => void;
  stage: Stage = "joining";
  #sent: Moment | null = null;
  #stopAnswering = () => {};
  #changeTimer: unknown = undefined;
  readonly #listeners = new Set<() => void>();
  readonly #leftovers: { readonly onSessionEnd: () => void; readonly count: number }[] = [];
  readonly round: Round;
  readonly #writes: SessionWrites;
  readonly feed: Feed;
  readonly #unhear: () => void;
  readonly meters: Meters;
  readonly #startedAt: number;

  constructor(plan: ClusterPlan, inside: Inside, onUp: () => void, onEnd: (error: Error | null) => void) {
    this.plan = plan;
    this.inside = inside;
    this.path = inside.path;
    this.witnesses = inside.witnesses as Witnesses;
    this.#onUp = onUp;
    this.#onEnd = onEnd;
    this.node = nameOf(plan, inside);
    this.#startedAt = inside.wallNow();
    this.id = newId(this.node, inside);
    this.meters = Meters.of(inside);
    this.round = new Round(this);
    this.#writes = new SessionWrites(this);
    this.feed = new Feed({
      clock: inside.clock,
      directory: () => this.observer?.directory ?? null,
      onListenerError: (error) => inside.logger.error({ err: error }, "a listener of the cluster failed"),
      asking: () => ({
        clock: inside.clock,
        connection: () => this.connection!,
        directory: () => this.observer!.directory,
      }),
      tree: treeFeed(this),
      before: (inside.memory.get("seen") as Seen | null | undefined) ?? null,
    });
    this.#unhear = inside.updates.onHeard(() => this.feed.begin());
    inside.setSummary(() => summariseSession(this, this.stage, this.#sent));
    this.#actor = inside.startChart(membershipChart, plan.rule, this);
    void this.#open();
  }

  toJSON(): string {
    return this.path;
  }

  note(value: StateValue): void {
    this.witnesses.noteInner(this, value);
  }

  failInternally(error: unknown): void {
    this.inside.failInternally(error);
  }

  // For its roles.

  get isMember(): boolean {
    return this.stage === "member" && this.validForMs > 0;
  }

  get isDraining(): boolean {
    return this.observer?.directory.drained.has(this.node) ?? false;
  }

  /** How long the lease is valid, by both clocks. */
  get validForMs(): number {
    if (this.#sent === null || this.stage === "over") return 0;
    return Math.max(0, validForMs(this.plan.rule, this.#sent, this.readClocks()));
  }

  /** @throws SupervisorError ERR_CLUSTER_MISMATCH for a role that this node has already: two would take it from each other. */
  attach(participant: Participant): () => void {
    for (const { role, path } of this.participants) {
      if (role !== participant.role) continue;
      const message = `${participant.path}: this program has the role "${role}" already, at ${path}; names of roles are those of the whole cluster. Give it another`;
      throw asHopeless(new SupervisorError("ERR_CLUSTER_MISMATCH", message, { path: participant.path }));
    }
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
    if (this.stage !== "member" || this.#changeTimer !== undefined) return;
    this.#changeTimer = this.inside.clock.setTimeout(() => {
      this.#changeTimer = undefined;
      if (this.stage === "member" && this.#writes.isOutdated) this.send({ type: "session.changed" });
    }, throttleMs);
  }

  /** Looks at the records again after so many milliseconds, or earlier. */
  recheckIn(ms: number): void {
    this.round.recheckIn(ms);
  }

  /** A role has ended, or let go of something. */
  onIdle(): void {
    if (this.stage === "stepping" && this.#holds === 0) this.send({ type: "roles.ended" });
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

  readMeters(): ClusterMeters {
    return this.meters.read(
      this.validForMs,
      [...this.participants].flatMap(({ stuck }) => stuck),
    );
  }

  stop(): void {
    this.send({ type: "membership.stop", holds: this.#holds });
  }

  // Requests of its chart (MembershipPort).

  readClocks(): Moment {
    return { now: this.inside.clock.now(), wall: this.inside.wallNow() };
  }

  writeSession(): void {
    this.#writes.create();
  }

  readSession(): void {
    this.#writes.read();
  }

  renew(renewal: number, revision: number): void {
    this.#writes.renew(renewal, revision);
  }

  /** Its record is gone, and all others with it: others may hold what none tells of any more, until their leases are over. */
  noteNoRecord(): void {
    if (this.stage !== "member") return;
    const { memory, clock, logger } = this.inside;
    memory.set("unsureUntil", clock.now() + this.plan.rule.leaseDurationMs);
    logger.error({ store: this.plan.store.name }, "the records of the cluster are gone");
  }

  /** How long a claim without a record may be held all the same, after the engine has lost its data. */
  get unsureForMs(): number {
    const until = (this.inside.memory.get("unsureUntil") as number | undefined) ?? 0;
    return Math.max(0, until - this.inside.clock.now());
  }

  changeServer(): void {
    this.connection?.changeServer();
  }

  writeGone(revision: number): void {
    this.#writes.leave(revision);
  }

  noteRenewal(sent: Moment): void {
    this.#sent = sent;
    this.trouble = null;
    if (this.stage !== "joining") return this.changed();
    this.stage = "member";
    this.joinedAt = this.inside.clock.now();
    this.#stopAnswering = answerQuestions(this);
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
    this.stage = "stepping";
    this.meters.leasesLost++;
    this.round.placement = null;
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
    this.stage = "over";
    this.inside.later(() => void this.#close(outcome, hasEnded));
  }

  async #close(outcome: MembershipOutcome, hasEnded: boolean): Promise<void> {
    const { clock, memory } = this.inside;
    // The next session of this node ends this one for the others, if nothing of it is left.
    if (outcome.kind === "lost" && outcome.because === "overdue" && hasEnded) memory.set("former", this.id);
    for (const { onSessionEnd } of this.#leftovers) onSessionEnd();
    this.#abort.abort();
    this.#stopAnswering();
    this.#unhear();
    memory.set("seen", this.feed.seen);
    this.feed.end();
    this.observer?.close();
    this.round.close();
    if (this.#changeTimer !== undefined) clock.clearTimeout(this.#changeTimer);
    this.inside.stopChart(this.#actor);
    this.witnesses.noteInner(this, null);
    const { connection } = this;
    if (connection !== null) await attempt(clock, throttleMs, () => connection.close());
    this.#onEnd(toEndError(this, outcome));
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
      onTrouble: (error) => this.send({ type: "store.failed", error }),
    });
    if (opened === null) return;
    if (opened instanceof SupervisorError) return this.send({ type: "session.refused", error: opened });
    this.inside.memory.delete("former");
    this.connection = opened;
    const doubt = doubtElection(this.plan.rule, opened);
    if (doubt !== null) this.inside.logger.warn({ store: this.plan.store.name }, doubt);
    this.observer = new Observer({
      connection: opened,
      clock: this.inside.clock,
      drawChance: this.inside.drawChance,
      own: keys.session(this.id),
      onEcho: () => this.round.noteEcho(),
      onSynced: () => this.send({ type: "store.opened" }),
      onChange: () => this.round.settle(),
      onStale: (error) => this.inside.logger.warn({ err: error }, "the watch of the cluster begins anew"),
    });
    this.observer.begin();
  }

  /** Tells its chart, until that is over. */
  send(event: MembershipEvent): void {
    if (this.stage !== "over") this.inside.send(this.#actor, event);
  }

  toRecord(): SessionRecord {
    return toSessionRecord(this, this.#startedAt);
  }

  noteWritten(revision: number): void {
    this.round.echo.noteWritten(revision);
  }

  /** Reports to the roles, and to whoever watches, that the records have changed. */
  tellAll(): void {
    for (const participant of [...this.participants]) participant.follow();
    for (const listener of [...this.#listeners]) listener();
    this.feed.look();
  }
}
