// role-director.ts: directs the supervisor that stands for a role on this node. It follows the plan of the cluster: claims
// what belongs here, hands over what belongs elsewhere, and says how the role is, wherever it runs.
// Longer than other files: what the chart of a role asks for reads and writes the same claims.

import { holderOf, type RoleRecord } from "../../machines/policies/directory.ts";
import type { Director, DirectorHost } from "../contract/director.ts";
import { SupervisorError } from "../contract/errors.ts";
import { asHopeless } from "../contract/hopeless.ts";
import { ClaimHolder, type ClaimOwner } from "./claim-holder.ts";
import { judgeRole } from "./judge-role.ts";
import { encode, keys, toClaim, wireVersion } from "./records.ts";
import type { RolePlan } from "./role-plan.ts";
import { createRoleView, readRole, summariseRole } from "./role-view.ts";
import type { Participant, Session } from "./session.ts";
import { sessionOf } from "./sessions.ts";
import { shardsOf } from "./to-placement.ts";

/** Looks at a set of shards as a whole are a millisecond apart for each so many, and at most so many milliseconds. */
const shardsForMs = 20;
const mostApartMs = 50;

export class RoleDirector implements Director, Participant, ClaimOwner {
  readonly plan: RolePlan;
  readonly host: DirectorHost;
  readonly session: Session;
  /** By claim: that of a singleton from the beginning, those of shards while they are this node's business. */
  readonly holders = new Map<string, ClaimHolder>();
  /** The revisions at which claims were refused last. */
  readonly #refused = new Map<string, number>();
  #isStopping = false;
  #isDefining = false;
  #isRated: string | null = null;
  #rating: unknown = undefined;
  readonly #detach: () => void;

  constructor(plan: RolePlan, host: DirectorHost) {
    this.plan = plan;
    this.host = host;
    this.session = sessionOf(host.use(plan.cluster));
    // The chart of a singleton is there to be seen while the role runs elsewhere; a set of shards may have thousands.
    if (plan.kind === "singleton") this.#holderFor(plan.name, null);
    this.#detach = this.session.attach(this);
    host.setSummary(() => summariseRole(this));
    host.setRole(() => readRole(this));
    host.ready(createRoleView(this));
    host.rate(false);
  }

  // For its session (Participant).

  get role(): string {
    return this.plan.name;
  }

  get path(): string {
    return this.host.path;
  }

  get isWilling(): boolean {
    const { labels } = this.session.plan;
    return !this.#isStopping && Object.entries(this.plan.labels).every(([key, value]) => labels[key] === value);
  }

  get down(): readonly string[] {
    return [...this.holders.values()].filter((one) => one.isActive && !one.isUp).map((one) => one.claimName);
  }

  get stuck(): readonly string[] {
    return [...this.holders.values()].filter(({ state }) => state === "steppingDown.stuck").map((one) => one.claimName);
  }

  get stopping(): readonly string[] {
    return [...this.holders.values()]
      .filter((one) => one.isHandingOver && one.state !== "steppingDown.stuck")
      .map((one) => one.claimName);
  }

  get backoff(): readonly string[] {
    return [...this.holders.values()].filter((one) => one.isBackingOff).map((one) => one.claimName);
  }

  get holds(): number {
    let count = 0;
    for (const { isActive } of this.holders.values()) if (isActive) count++;
    return count;
  }

  get handovers(): number {
    let count = 0;
    for (const { isHandingOver } of this.holders.values()) if (isHandingOver) count++;
    return count;
  }

  follow(): void {
    const { directory } = this.session.observer!;
    const record = directory.roles.get(this.plan.name)?.record;
    if (record === undefined) return this.#define();
    if (record.kind !== this.plan.kind || record.shards !== this.plan.shards) return this.#onMismatch(record);
    if (this.session.round.placement !== null) for (const shard of shardsOf(record)) this.#followShard(shard, record);
    this.#rate();
  }

  loseLease(leftMs: number): void {
    for (const holder of [...this.holders.values()]) holder.send({ type: "lease.lost", leftMs });
  }

  // For its supervisor (Director).

  stop(): void {
    this.#isStopping = true;
    this.session.changed();
    for (const holder of [...this.holders.values()]) holder.send({ type: "role.stop" });
    this.#checkStopped();
  }

  abandon(): void {
    for (const { child } of this.holders.values()) child?.stop(0);
    this.#end();
  }

  #checkStopped(): void {
    if (this.#isStopping && [...this.holders.values()].every(({ state }) => isAtRest(state))) this.#end();
  }

  #end(): void {
    const stuck = [...this.holders.values()].filter(({ isActive }) => isActive);
    const names = stuck.map(({ claimName }) => claimName).join(", ");
    this.host.ended(
      stuck.length === 0
        ? null
        : new SupervisorError("ERR_STOP_FAILED", `${this.host.path}: still running after its stop deadline: ${names}`, {
            path: this.host.path,
          }),
    );
    this.#detach();
    if (this.#rating !== undefined) this.host.clock.clearTimeout(this.#rating);
    for (const holder of this.holders.values()) if (!holder.isActive) holder.dispose();
    if (stuck.length === 0) return;
    const onSessionEnd = () => {
      for (const holder of stuck) {
        holder.send({ type: "lease.lost", leftMs: 0 });
        holder.dispose();
      }
    };
    this.session.leave({ count: stuck.length, onSessionEnd });
  }

  // For its claims (ClaimOwner).

  onHolder(holder: ClaimHolder): void {
    this.session.changed();
    if (holder.state === "standby") {
      this.session.observer?.notify();
      if (holder.shard !== null) {
        this.holders.delete(holder.claimName);
        holder.dispose();
      }
    }
    this.session.onIdle();
    this.#checkStopped();
    this.#rateSoon();
  }

  onRefused(claim: string, revision: number): void {
    this.#refused.set(claim, revision);
  }

  // The role itself.

  #define(): void {
    if (this.#isDefining) return;
    this.#isDefining = true;
    const { kind, shards, name, prefer, labels } = this.plan;
    const record: RoleRecord = {
      v: wireVersion,
      kind,
      shards,
      wanted: true,
      by: this.session.node,
      ...(prefer === "none" && { prefer }),
      ...(this.host.isCritical && { critical: true }),
      ...(Object.keys(labels).length > 0 && { labels }),
    };
    void this.session
      .operate((store) => store.create(keys.role(name), encode(record)))
      .then((outcome) => {
        this.#isDefining = false;
        if (!outcome.isKnown) this.session.recheckIn(this.session.plan.rule.retryPeriodMs);
      });
  }

  #onMismatch({ kind, shards }: RoleRecord): void {
    const isOther = kind !== this.plan.kind;
    const known = isOther
      ? `it is ${kind === "shards" ? "a set of shards" : "a singleton"}`
      : `it has ${shards} shards`;
    const here = isOther ? this.plan.kind : `${this.plan.shards}`;
    const message = `${this.host.path}: in the cluster, ${known}; here it is defined otherwise (${here}). Give it a new name`;
    this.host.fail(asHopeless(new SupervisorError("ERR_CLUSTER_MISMATCH", message, { path: this.host.path })));
  }

  /** Each claim: take it, keep it, or hand it over. */
  #followShard(shard: number | null, role: RoleRecord): void {
    const claim = toClaim(this.plan.name, shard);
    const { directory } = this.session.observer!;
    if (this.#refused.get(claim) !== (directory.claims.get(claim)?.revision ?? 0)) this.#refused.delete(claim);
    const target = this.session.round.placement!.get(claim) ?? null;
    const holder = this.holders.get(claim);
    if (target === this.session.id && this.isWilling) return this.#take(claim, shard, holder);
    if (holder === undefined || holder.state === "standby") {
      if (holderOf(directory, claim) === this.session.id) this.#giveUp(claim, shard);
      return;
    }
    if (!holder.isActive || holder.state.startsWith("acquiring"))
      return holder.send({ type: "placement.dismissed", to: null });
    if (!holder.state.startsWith("active")) return;
    const isMoved = role.pin?.claim === claim && (holder.token ?? 0) <= role.pin.token;
    const isLeaving = !role.wanted || !this.isWilling || this.session.isDraining || isMoved;
    if (target === null && !(isLeaving && !role.wanted)) return;
    if (role.wanted && this.session.handovers >= this.session.plan.maxHandovers) return;
    if (!isLeaving) {
      const quietInMs = this.session.round.quietInMs(this.session.plan.rebalanceDelayMs);
      if (quietInMs > 0) return this.session.recheckIn(quietInMs);
    }
    holder.send({ type: "placement.dismissed", to: target });
  }

  #take(claim: string, shard: number | null, holder: ClaimHolder | undefined): void {
    const { session } = this;
    const { directory } = session.observer!;
    if (holder !== undefined && holder.state !== "standby") {
      if (holder.state.startsWith("acquiring")) holder.send({ type: "placement.chosen", delayMs: 0 });
      return;
    }
    const by = holderOf(directory, claim);
    if (by !== null && by !== session.id) return; // it is handed over first
    const known = directory.claims.get(claim);
    // Refused, and what came before it is not seen yet: it would be refused again, and again, as fast as the store answers.
    if (this.#refused.has(claim)) return;
    const now = this.host.clock.now();
    // What nobody ever held waits until all have come; so does everything for a node that has just come itself.
    const isHanded = known?.record.to === session.id;
    const isNew = now - (session.joinedAt ?? now) < session.plan.joinSettleMs;
    const quietMs = !isHanded && (known === undefined || isNew) ? session.round.settledInMs : 0;
    const waitMs = known === undefined ? Math.max(quietMs, session.unsureForMs) : quietMs;
    if (waitMs > 0) return session.recheckIn(waitMs);
    const { delayMs = 0 } = known?.record ?? {};
    const leftMs = Math.max(0, (known?.seenAt ?? now) + delayMs - now);
    this.#holderFor(claim, shard).send({ type: "placement.chosen", delayMs: leftMs });
  }

  #holderFor(claim: string, shard: number | null): ClaimHolder {
    const known = this.holders.get(claim);
    if (known !== undefined) return known;
    const holder = new ClaimHolder(this, shard);
    this.holders.set(claim, holder);
    return holder;
  }

  /** A claim of this session that nothing here stands for: its write arrived after it had been given up. */
  #giveUp(claim: string, shard: number | null): void {
    const known = this.session.observer!.directory.claims.get(claim)!;
    const { to: _to, ...record } = known.record;
    const value = encode({ ...record, state: "free" });
    void this.session.operate((store) => store.replace(keys.claim(this.plan.name, shard), value, known.revision));
  }

  // What it is, for its dependants.

  /** Once for the changes of many shards: the set is judged as a whole. */
  #rateSoon(): void {
    const apartMs = Math.min(mostApartMs, Math.floor(this.plan.shards / shardsForMs));
    if (apartMs === 0) return this.#rate();
    if (this.#isStopping) return;
    this.#rating ??= this.host.clock.setTimeout(() => {
      this.#rating = undefined;
      this.#rate();
    }, apartMs);
  }

  #rate(): void {
    if (this.#isStopping) return;
    const { isHealthy, isComplete, reason, isFailed } = judgeRole(this);
    const rated = `${isHealthy} ${reason ?? ""}`;
    if (rated !== this.#isRated) {
      this.#isRated = rated;
      this.host.rate(isHealthy, reason === null ? undefined : new Error(reason));
    }
    if (isFailed && reason !== null && this.host.isCritical) this.host.fail(asHopeless(new Error(reason)));
    if (isComplete) this.host.complete();
  }
}

/** Nothing runs, or it would not end. */
function isAtRest(state: string): boolean {
  return state === "standby" || state === "steppingDown.stuck";
}
