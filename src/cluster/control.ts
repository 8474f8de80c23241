// control.ts: what changes a cluster through its records: roles stopped, started and moved, nodes drained. A record outlives
// the nodes, and reaches one that is away before it claims anything.

import { type Directory, holderOf, type RoleRecord } from "../../machines/policies/directory.ts";
import { SupervisorError } from "../contract/errors.ts";
import { didYouMean } from "../contract/wording.ts";
import { type AskSource, ask } from "./ask.ts";
import { findAsked } from "./asked.ts";
import { type Attempted, attempt } from "./attempt.ts";
import { isUp } from "./claim-state.ts";
import { isDenied } from "./denied.ts";
import { decode, encode, keys, toClaim, wireVersion } from "./records.ts";
import type { StoreConnection } from "./store.ts";
import { toCandidates } from "./to-placement.ts";

/** How long one operation of the store may take, and how often one that lost a race is tried again. */
const operationTimeoutMs = 5_000;
const mostRaces = 20;
/** How long a move may take before it counts as failed. */
const moveTimeoutMs = 60_000;

export interface ControlSource extends AskSource {
  subscribe(listener: () => void): () => void;
}

/** Which node's own tree is meant, instead of the whole cluster. */
export interface NodeOption {
  node?: string | undefined;
}

export interface ClusterControl {
  /**
   * Stops a role in the whole cluster, until `startService`: the record outlives all nodes. With `node`: stops a service of
   * that node's tree; a role then has one node less that would take it.
   *
   * @throws SupervisorError ERR_UNKNOWN_SERVICE; ERR_CLUSTER_UNREACHABLE if the engine does not answer; ERR_NOT_ALLOWED if
   * it does not let these credentials write. With `node`, as restartService.
   */
  stopService(path: string, options?: NodeOption): Promise<void>;
  /**
   * Wants a role again, with a fresh budget for what has failed. With `node`: starts a service of that node's tree.
   *
   * @throws SupervisorError as stopService.
   */
  startService(path: string, options?: NodeOption): Promise<void>;
  /**
   * Moves a role, or one shard of it, to a node, or away from where it is; resolves once it is up there.
   *
   * @throws SupervisorError as stopService; ERR_UNKNOWN_NODE; ERR_NO_NODE if no node qualifies; ERR_START_FAILED if it does not
   * come up there within a minute.
   */
  move(role: string, options?: { shard?: number | undefined; to?: string | undefined }): Promise<void>;
  /**
   * Hands over whatever a node holds, and gives it nothing more until `undrain`. Resolves once that is recorded.
   *
   * @throws SupervisorError ERR_UNKNOWN_NODE; ERR_NO_NODE if no other node is up, unless `force`; ERR_NOT_ALLOWED as
   * stopService.
   */
  drain(node: string, options?: { force?: boolean | undefined }): Promise<void>;
  undrain(node: string): Promise<void>;
  /**
   * Forgets how a role is defined, so that it can be defined otherwise: as another kind, or with another number of shards.
   * Tokens go on growing.
   *
   * @throws SupervisorError ERR_UNKNOWN_SERVICE; ERR_NOT_ALLOWED while a member would take it, which would define it again as
   * it was, and as stopService; ERR_CLUSTER_UNREACHABLE.
   */
  forget(role: string): Promise<void>;
}

export function createControl(source: ControlSource): ClusterControl {
  return {
    async stopService(role, { node } = {}) {
      if (node !== undefined) return void (await ask(source, findAsked(source.directory(), node), "stop", role));
      await changeRole(source, role, (record) => ({ ...record, wanted: false }));
    },
    async startService(role, { node } = {}) {
      if (node !== undefined) return void (await ask(source, findAsked(source.directory(), node), "start", role));
      await changeRole(source, role, (record) => ({ ...record, wanted: true }));
      await clearFailures(source, role);
    },
    move: (role, { shard, to } = {}) => move(source, role, shard ?? null, to),
    async drain(node, { force = false } = {}) {
      requireNode(source, node);
      const others = toCandidates(source.directory()).filter((one) => one.node !== node);
      if (others.length === 0 && !force)
        throw new SupervisorError("ERR_NO_NODE", `drain ${node}: no other node could take what it holds`);
      await operate(source, (store) => store.create(keys.drain(node), encode({ by: "operator" })));
    },
    forget: (role) => forget(source, role),
    async undrain(node) {
      const found = await operate(source, (store) => store.read(keys.drain(node)));
      if (found !== null) await operate(source, (store) => store.remove(keys.drain(node), found.revision));
    },
  };
}

async function operate<T>(
  { clock, connection }: ControlSource,
  work: (store: StoreConnection) => Promise<T>,
): Promise<T> {
  const outcome: Attempted<T> = await attempt(clock, operationTimeoutMs, () => work(connection()));
  if (outcome.isKnown) return outcome.value;
  if (isDenied(outcome.error)) throw outcome.error;
  const message = `the outcome of a change of the cluster is unknown: ${outcome.error.message}`;
  throw new SupervisorError("ERR_CLUSTER_UNREACHABLE", message, { cause: outcome.error });
}

/** Reads a record, and replaces it with another, again and again until nobody comes in between. */
async function change<T extends object>(
  source: ControlSource,
  key: string,
  toNew: (record: T) => T | null,
): Promise<boolean> {
  for (let races = 0; races < mostRaces; races++) {
    const found = await operate(source, (store) => store.read(key));
    const record = found === null ? null : (decode(found.value) as T | null);
    if (found === null || record === null) return false;
    const next = toNew(record);
    if (next === null) return true;
    const revision = await operate(source, (store) => store.replace(key, encode(next), found.revision));
    if (revision !== null) return true;
  }
  throw new SupervisorError("ERR_CLUSTER_UNREACHABLE", `${key} changes all the time`);
}

async function changeRole(
  source: ControlSource,
  role: string,
  toNew: (record: RoleRecord) => RoleRecord,
): Promise<void> {
  if (await change(source, keys.role(role), toNew)) return;
  const known = [...source.directory().roles.keys()];
  const hint = didYouMean(role, known) || `; known are ${known.join(", ") || "none"}`;
  throw new SupervisorError("ERR_UNKNOWN_SERVICE", `no role of the cluster is named "${role}"${hint}`);
}

/** Makes what has failed free again; and what has completed, if it is meant, too. */
async function clearFailures(source: ControlSource, role: string, ofCompleted = false): Promise<void> {
  const { claims } = source.directory();
  const failed = [...claims].filter(
    ([claim, { record }]) =>
      (claim === role || claim.startsWith(`${role}/`)) &&
      record.state !== "held" &&
      (ofCompleted || record.state !== "completed"),
  );
  for (const [claim] of failed) {
    const [, shard] = claim.split("/");
    const key = keys.claim(role, shard === undefined ? null : Number(shard));
    await change<{ state: string; error?: string }>(source, key, ({ error: _error, ...record }) =>
      record.state === "held" ? null : { ...record, state: "free", failures: 0, avoid: [], delayMs: 0 },
    );
  }
}

async function forget(source: ControlSource, role: string): Promise<void> {
  const members = [...source.directory().sessions.values()].map(({ record }) => record);
  const takers = members.filter(({ state, roles }) => state !== "gone" && roles.includes(role));
  if (takers.length > 0) {
    const nodes = takers.map(({ node }) => node).sort();
    const message = `forget ${role}: ${nodes.join(", ")} would define it again as it was; stop what has the old definition first`;
    throw new SupervisorError("ERR_NOT_ALLOWED", message);
  }
  // What has failed or completed is free for whoever defines it next.
  await changeRole(source, role, (record) => ({ ...record, wanted: true }));
  await clearFailures(source, role, true);
  const found = await operate(source, (store) => store.read(keys.role(role)));
  if (found !== null) await operate(source, (store) => store.remove(keys.role(role), found.revision));
}

function requireNode({ directory }: ControlSource, node: string): void {
  const nodes = [...directory().sessions.values()].flatMap(({ record }) =>
    record.state === "gone" ? [] : [record.node],
  );
  if (nodes.includes(node)) return;
  const hint = didYouMean(node, nodes) || `; there are ${nodes.join(", ") || "none"}`;
  throw new SupervisorError("ERR_UNKNOWN_NODE", `no node of the cluster is named "${node}"${hint}`);
}

async function move(source: ControlSource, role: string, shard: number | null, to: string | undefined): Promise<void> {
  const claim = toClaim(role, shard);
  const target = chooseTarget(source, role, claim, to);
  const token = source.directory().claims.get(claim)?.record.token ?? 0;
  if (holderNode(source.directory(), claim) === target) return;
  await changeRole(source, role, (record) => ({ ...record, v: wireVersion, pin: { claim, node: target, token } }));
  await whenMoved(source, claim, target);
}

function chooseTarget(source: ControlSource, role: string, claim: string, to: string | undefined): string {
  if (to !== undefined) requireNode(source, to);
  const directory = source.directory();
  const holder = holderNode(directory, claim);
  const able = toCandidates(directory).filter(({ roles }) => roles.includes(role));
  const fit = able.filter(({ node }) => (to === undefined ? node !== holder : node === to));
  const held = (session: string) => [...directory.claims.keys()].filter((one) => holderOf(directory, one) === session);
  fit.sort((a, b) => held(a.session).length - held(b.session).length || (a.node < b.node ? -1 : 1));
  const [best] = fit;
  if (best !== undefined) return best.node;
  const who = able.map(({ node }) => node).join(", ") || "none";
  throw new SupervisorError("ERR_NO_NODE", `move ${claim}: no such node qualifies; those that would take it: ${who}`);
}

function holderNode(directory: Directory, claim: string): string | null {
  return holderOf(directory, claim) === null ? null : directory.claims.get(claim)!.record.node;
}

function whenMoved(source: ControlSource, claim: string, target: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = source.clock.setTimeout(() => {
      unsubscribe();
      const message = `move ${claim}: it is not up on ${target} after ${moveTimeoutMs / 1_000} s`;
      reject(new SupervisorError("ERR_START_FAILED", message));
    }, moveTimeoutMs);
    const look = () => {
      const directory = source.directory();
      if (holderNode(directory, claim) !== target || !isUp(directory, claim)) return;
      source.clock.clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    const unsubscribe = source.subscribe(look);
    look();
  });
}
