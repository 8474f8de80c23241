// claim-holder.ts: one role, or one shard, on this node: the port of the role chart. It claims in the store, runs the
// service while the claim is held, and gives the claim up when nothing of the service runs any more. Longer than other files:
// the claim and the child that it stands for change together.

import type { AnyActorRef, StateValue } from "xstate";
import type { RoleEvent } from "../../machines/events.ts";
import { type ClaimRecord, holderOf, isAlive } from "../../machines/policies/directory.ts";
import { countDeath, isExhausted, nextToken, retriesHere } from "../../machines/policies/failover.ts";
import { type Grant, type Release, type RolePort, roleChart } from "../../machines/role.ts";
import type { DirectedChild, DirectedRule, DirectorHost } from "../contract/director.ts";
import type { ChartHost, Witnesses } from "../engine/witness.ts";
import { createLease } from "./lease.ts";
import { decode, encode, keys, toClaim, toShortError, unclaimed, wireVersion } from "./records.ts";
import type { RolePlan } from "./role-plan.ts";
import type { Session } from "./session.ts";

/** What the director of the role is told. */
export interface ClaimOwner {
  readonly host: DirectorHost;
  readonly session: Session;
  readonly plan: RolePlan;
  onHolder(holder: ClaimHolder): void;
  /** The claim has another revision than this one, which the watch has not brought yet. */
  onRefused(claim: string, revision: number): void;
}

export class ClaimHolder implements RolePort, ChartHost {
  readonly claimName: string;
  readonly shard: number | null;
  readonly path: string;
  readonly role = "actor";
  /** The name of the chart of a shard among the charts of its role. */
  readonly part: string | undefined;
  readonly machine = roleChart.machine;
  readonly witnesses: Witnesses;
  /** The state of the chart: `"standby"`, `"active.up"`. */
  state = "standby";
  /** The child while there is one. */
  child: DirectedChild | null = null;
  readonly #owner: ClaimOwner;
  readonly #rule: DirectedRule;
  readonly #actor: AnyActorRef;
  /** The claim as this node has written it last. */
  #held: { readonly record: ClaimRecord; readonly revision: number } | null = null;
  #attempt = "";
  /** The write that is under way beside the chart's own. */
  #proving: Promise<void> | null = null;

  constructor(owner: ClaimOwner, shard: number | null) {
    const { host, plan, session } = owner;
    this.#owner = owner;
    this.shard = shard;
    this.claimName = toClaim(plan.name, shard);
    this.path = host.path;
    this.part = shard === null ? undefined : String(shard);
    this.witnesses = host.witnesses as Witnesses;
    this.#rule = host.check(plan.service(shard));
    const { maxRetries, resetAfterMs } = this.#rule;
    const { moveAfterFailures } = plan;
    const { retryPeriodMs } = session.plan.rule;
    this.#actor = host.startChart(roleChart, { maxRetries, moveAfterFailures, resetAfterMs, retryPeriodMs }, this);
    this.witnesses.beginInner(this, this.state);
  }

  toJSON(): string {
    return this.part === undefined ? this.path : `${this.path}/${this.part}`;
  }

  failInternally(error: unknown): void {
    this.#owner.host.failInternally(error);
  }

  note(value: StateValue): void {
    this.witnesses.noteInner(this, value);
    const state = toState(value);
    if (state === this.state) return;
    this.state = state;
    this.#owner.host.later(() => {
      this.#dropChild();
      this.#owner.onHolder(this);
    });
  }

  /** It runs here, or is about to, or has not ended yet. */
  get isActive(): boolean {
    return this.state !== "standby" && this.state !== "delaying";
  }

  get isUp(): boolean {
    return this.state === "active.up" && this.child?.standing === "up";
  }

  /** Its service has failed, and waits for its next attempt here. */
  get isBackingOff(): boolean {
    return this.state.startsWith("active") && (this.child?.isBackingOff ?? false);
  }

  get isHandingOver(): boolean {
    return this.state.startsWith("steppingDown");
  }

  get token(): number | null {
    return this.#held?.record.token ?? null;
  }

  send(event: RoleEvent): void {
    this.#owner.host.send(this.#actor, event);
  }

  dispose(): void {
    this.#owner.host.stopChart(this.#actor);
    this.witnesses.noteInner(this, null);
  }

  // Requests of its chart (RolePort): the claim.

  get #key(): string {
    return keys.claim(this.#owner.plan.name, this.shard);
  }

  claim(attempt: number): void {
    const { session, host } = this.#owner;
    const { directory } = session.observer!;
    const known = directory.claims.get(this.claimName);
    const holder = holderOf(directory, this.claimName);
    // Another took it during the backoff. Its revision is known, so a write would not be refused.
    if (holder !== null && holder !== session.id)
      return host.later(() => this.send({ type: "claim.refused", attempt }));
    const before = known?.record ?? unclaimed;
    const failures = this.#failuresOf(before);
    this.#attempt = `${session.id}/${attempt}`;
    const record: ClaimRecord = {
      v: wireVersion,
      state: isExhausted({ maxRetries: this.#rule.maxRetries, moveAfterFailures: 1 }, failures) ? "failed" : "held",
      node: session.node,
      session: session.id,
      attempt: this.#attempt,
      token: nextToken(before.token, host.wallNow()),
      failures,
      avoid: before.avoid,
      delayMs: 0,
      grantedAt: Math.floor(host.wallNow()),
      version: session.plan.version,
    };
    const value = encode(record);
    const operated = session.operate((store) =>
      known === undefined ? store.create(this.#key, value) : store.replace(this.#key, value, known.revision),
    );
    void operated.then((outcome) => {
      if (!outcome.isKnown) return this.send({ type: "claim.unknown", attempt });
      if (outcome.value === null) this.#owner.onRefused(this.claimName, known?.revision ?? 0);
      if (outcome.value === null || record.state === "failed") return this.send({ type: "claim.refused", attempt });
      this.#onGranted("claim.granted", attempt, record, outcome.value);
    });
  }

  /** The failures of the role, with the death of its last holder. */
  #failuresOf(before: ClaimRecord): number {
    const { directory } = this.#owner.session.observer!;
    if (before.state !== "held" || isAlive(directory, before.session)) return before.failures;
    const hasDied = directory.sessions.get(before.session)?.record.why === "silent";
    return hasDied ? countDeath(before.failures, before.proved ?? false) : before.failures;
  }

  #onGranted(type: "claim.granted" | "claim.read", attempt: number, record: ClaimRecord, revision: number): void {
    const { token, failures } = record;
    // A lease that ended meanwhile makes the claim void; the chart hears of that, too.
    if (!this.#owner.session.isMember) return this.send({ type: "claim.unknown", attempt });
    this.#held = { record, revision };
    this.send({ type, attempt, isOurs: true, revision, token, failures });
  }

  readClaim(attempt: number): void {
    void this.#owner.session
      .operate((store) => store.read(this.#key))
      .then((outcome) => {
        if (!outcome.isKnown) return this.send({ type: "claim.unknown", attempt });
        const found = outcome.value;
        const record = found === null ? null : (decode(found.value) as ClaimRecord | null);
        if (record?.attempt === this.#attempt && record.state === "held")
          return this.#onGranted("claim.read", attempt, record, found!.revision);
        this.send({ type: "claim.read", attempt, isOurs: false, revision: 0, token: 0, failures: 0 });
      });
  }

  noteGrant({ token }: Grant): void {
    this.#owner.host.logger.info({ claim: this.claimName, token }, "claimed");
  }

  writeProved(): void {
    const held = this.#held;
    if (held === null) return;
    const record = { ...held.record, failures: 0, avoid: [], proved: true };
    this.#proving = this.#owner.session
      .operate((store) => store.replace(this.#key, encode(record), held.revision))
      .then((outcome) => {
        this.#proving = null;
        if (outcome.isKnown && outcome.value !== null) this.#held = { record, revision: outcome.value };
      });
  }

  release(release: Release): void {
    void (this.#proving ?? Promise.resolve()).then(() => this.#release(release));
  }

  async #release(release: Release): Promise<void> {
    const held = this.#held;
    if (held === null) return this.send({ type: "release.refused" });
    const value = encode(this.#toReleased(held.record, release));
    const { session } = this.#owner;
    const outcome = await session.operate((store) => store.replace(this.#key, value, held.revision));
    if (!outcome.isKnown) return this.send({ type: "release.unknown" });
    if (outcome.value !== null) return this.send({ type: "release.confirmed" });
    // Refused: another has it, or a write of this node whose outcome was unknown has arrived. Then it is still ours.
    const found = await session.operate((store) => store.read(this.#key));
    if (!found.isKnown) return this.send({ type: "release.unknown" });
    const record = found.value === null ? null : (decode(found.value.value) as ClaimRecord | null);
    if (record?.attempt !== held.record.attempt || record.state !== "held")
      return this.send({ type: "release.refused" });
    this.#held = { record, revision: found.value!.revision };
    this.send({ type: "release.unknown" });
  }

  #toReleased(record: ClaimRecord, { as, failures, error, to }: Release): ClaimRecord {
    const { node } = this.#owner.session;
    const state = as === "failed" ? "failed" : as === "completed" ? "completed" : "free";
    const hasFailed = as === "failed-there" || as === "failed";
    const { error: _error, to: _to, proved: _proved, grantedAt: _grantedAt, ...kept } = record;
    return {
      ...kept,
      state,
      failures: as === "completed" ? 0 : failures,
      avoid: hasFailed ? this.#avoidAfter(record.avoid, node) : record.avoid,
      delayMs: as === "failed-there" ? Math.round(this.#rule.nextDelayMs(failures)) : 0,
      ...(error !== null && { error: toShortError(error) }),
      ...(to !== null && { to }),
    };
  }

  /** Once it has failed on all nodes that would take it, all are asked again. */
  #avoidAfter(before: readonly string[], node: string): readonly string[] {
    const avoid = [...new Set([...before, node])];
    const { name } = this.#owner.plan;
    const { sessions } = this.#owner.session.observer!.directory;
    for (const { record } of sessions.values()) {
      if (record.state === "up" && record.roles.includes(name) && !avoid.includes(record.node)) return avoid;
    }
    return [node];
  }

  // Requests of its chart (RolePort): the service.

  addService(failures: number): void {
    const { host, plan, session } = this.#owner;
    const token = this.#held?.record.token ?? 0;
    const { maxRetries } = this.#rule;
    host.later(() => {
      if (!this.state.startsWith("active")) return;
      this.child = host.add(plan.service(this.shard), {
        maxRetries: retriesHere({ maxRetries, moveAfterFailures: plan.moveAfterFailures }, failures),
        failures,
        lease: createLease(session, plan.name, this.shard, token),
        onChange: () => this.#onChild(),
      });
      this.#onChild();
    });
  }

  removeService(): void {
    this.#owner.host.later(() => {
      if (this.child === null) return this.send({ type: "service.ended" });
      this.child.stop();
      this.#onChild();
    });
  }

  forceService(): void {
    this.#owner.host.later(() => this.child?.stop(0));
  }

  reportStuck(): void {
    const { host } = this.#owner;
    host.logger.error(
      { claim: this.claimName },
      "it still runs after its stop deadline, so its claim stays; end this process to let another node take it",
    );
  }

  #onChild(): void {
    const { child } = this;
    if (child === null) return;
    const { standing } = child;
    if (this.isHandingOver) return this.#onLeaving(standing);
    if (standing === "up") this.send({ type: "service.up" });
    else if (standing === "over") this.send({ type: "service.finished" });
    else if (standing === "failed")
      this.send({ type: "service.gaveUp", failures: child.failures, error: child.error ?? new Error("it failed") });
    else this.send({ type: "service.down" });
    this.#owner.onHolder(this);
  }

  #onLeaving(standing: DirectedChild["standing"]): void {
    if (standing === "up" || standing === "down") return;
    if (standing === "unstopped") this.send({ type: "service.unstopped" });
    else this.send({ type: this.state === "steppingDown.stuck" ? "service.late" : "service.ended" });
  }

  /** Takes the child out of the tree once the chart is past it. */
  #dropChild(): void {
    const isPast = this.state === "standby" || /releasing|retrying/.test(this.state);
    if (!isPast || this.child === null) return;
    this.child.remove();
    this.child = null;
    if (this.state === "standby") this.#held = null;
  }
}

function toState(value: unknown): string {
  if (typeof value === "string") return value;
  const [[state, inner] = ["", ""]] = Object.entries(value as object);
  return `${state}.${toState(inner)}`;
}
