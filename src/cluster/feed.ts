// feed.ts: publishes the updates of a cluster: what differs from the last look at the records. It looks only while somebody
// listens, once for each batch of records and whenever a member may have fallen silent.

import type { Directory } from "../../machines/policies/directory.ts";
import { check, invalid } from "../contract/check.ts";
import type { RoleReason } from "../contract/cluster-facts.ts";
import { toError } from "../contract/errors.ts";
import type { Clock } from "../contract/spec.ts";
import type { Dropped } from "../contract/updates.ts";
import { Reader } from "../tree/reader.ts";
import type { AskSource } from "./ask.ts";
import { type NodeUpdate, readNodes } from "./node-updates.ts";
import { toClaim } from "./records.ts";
import { type RoleSeen, toRoleSeen, toUnclaimed } from "./role-seen.ts";
import { namesOf } from "./shown-names.ts";
import { shardsOf } from "./to-placement.ts";
import type { ClusterUpdate, RoleUpdate } from "./updates.ts";
import { listMembers, type Member, silentAfterMs } from "./view.ts";
import { whyMember, whyRole } from "./why-changed.ts";

export const heardTypes = ["member", "role", "update"] as const;
/** What a listener asks for: members, roles, or both. */
export type Heard = (typeof heardTypes)[number];

export interface FeedSource {
  readonly clock: Clock;
  /** The records; null until all of them are known. */
  directory(): Directory | null;
  onListenerError(error: Error): void;
  /** With what other nodes are asked. */
  asking(): AskSource;
  /** The tree of this node, which tells its own listeners. */
  readonly tree?: { isHeard(): boolean; publish(update: ClusterUpdate): void };
  /** The state to compare with at the first look: the differences are published then. */
  readonly before?: Seen | null;
}

/** What was seen at a look. */
export interface Seen {
  readonly members: Map<string, Member["state"]>;
  readonly roles: Map<string, RoleSeen>;
}

type Listener = (update: ClusterUpdate) => unknown;

/** How a claim was left, and when: for whoever takes it next. */
interface Left {
  readonly because: RoleReason;
  readonly at: number;
}

type Unnumbered<Update> = Update extends unknown ? Omit<Update, "seq" | "at"> : never;

export class Feed {
  readonly #source: FeedSource;
  readonly #listeners = new Set<{ readonly type: Heard; readonly listener: Listener }>();
  readonly #readers = new Set<Reader<ClusterUpdate | NodeUpdate>>();
  #seq = 0;
  #seen: Seen | null;
  readonly #left = new Map<string, Left>();
  #timer: unknown = undefined;
  #isOver = false;

  constructor(source: FeedSource) {
    this.#source = source;
    this.#seen = source.before ?? null;
  }

  /** What was seen at the last look; null while nobody listens. */
  get seen(): Seen | null {
    return this.#seen;
  }

  on(type: Heard, listener: (update: never) => unknown): () => void {
    check.oneOf("on()", "type", type, heardTypes, "update");
    if (typeof listener !== "function") throw invalid(`on("${type}")`, "listener", "a function", listener);
    const one = { type, listener: listener as Listener };
    this.#listeners.add(one);
    this.begin();
    return () => {
      this.#listeners.delete(one);
      this.#rest();
    };
  }

  read(
    options: {
      signal?: AbortSignal | undefined;
      bufferSize?: number | undefined;
      nodes?: readonly string[] | undefined;
    } = {},
  ): AsyncIterableIterator<ClusterUpdate | NodeUpdate | Dropped> {
    check.options("cluster", "updates()", options, ["signal", "bufferSize", "nodes"]);
    let leaveNodes = () => {};
    const size = options.bufferSize ?? 1_024;
    if (size !== Number.POSITIVE_INFINITY) check.threshold("updates()", "bufferSize", size, 1_024);
    const reader = new Reader<ClusterUpdate | NodeUpdate>(size, () => {
      leaveNodes();
      this.#readers.delete(reader);
      this.#rest();
    });
    if (options.nodes !== undefined)
      leaveNodes = readNodes(this.#source.asking(), options.nodes, (update) => reader.push(update));
    this.#readers.add(reader);
    reader.endWith(options.signal);
    this.begin();
    if (this.#isOver) reader.end();
    return reader;
  }

  /** The records may have changed. */
  look(): void {
    const directory = this.#source.directory();
    if (!this.#isHeard) return this.#rest();
    if (this.#isOver || directory === null) return;
    const before = this.#seen;
    const now = this.#source.clock.now();
    const members = listMembers(directory, now);
    this.#seen = {
      members: new Map(members.map(({ session, state }) => [session, state])),
      roles: listFacts(directory),
    };
    this.#lookAgain(directory, now);
    if (before === null) return;
    for (const { node, session, state: to } of members) {
      const from = before.members.get(session) ?? null;
      const because = whyMember(from, to, directory.sessions.get(session)!.record);
      if (because !== null) this.#publish({ type: "member", node, session, from, to, because });
    }
    for (const [path, fact] of this.#seen.roles) {
      const update = this.#toRoleUpdate(path, before.roles.get(path) ?? toUnclaimed(fact), fact, now);
      if (update !== null) this.#publish(update);
    }
  }

  /** Nothing more will change here: the readers end. */
  end(): void {
    this.#isOver = true;
    for (const reader of [...this.#readers]) reader.end();
    this.#listeners.clear();
    this.#stopTimer();
  }

  get #isHeard(): boolean {
    return this.#listeners.size > 0 || this.#readers.size > 0 || (this.#source.tree?.isHeard() ?? false);
  }

  /** Somebody listens. */
  begin(): void {
    if (this.#seen === null) this.look();
  }

  #rest(): void {
    if (this.#isHeard) return;
    this.#seen = null;
    this.#left.clear();
    this.#stopTimer();
  }

  #toRoleUpdate(path: string, before: RoleSeen, fact: RoleSeen, now: number): Unnumbered<RoleUpdate> | null {
    const left = this.#left.get(path);
    const because = whyRole(before, fact, left?.because ?? null);
    if (because === null) return null;
    const { name: role, shard, state: to, node, token } = fact.status;
    const isTaken = node !== null && (before.status.node !== node || before.status.token !== token);
    if (node !== null) this.#left.delete(path);
    else if (before.status.node !== null) this.#left.set(path, { because, at: now });
    const gapMs = isTaken && left !== undefined ? now - left.at : null;
    return { type: "role", path, role, shard, from: before.status.state, to, node, token, because, gapMs };
  }

  #publish(fact: Unnumbered<ClusterUpdate>): void {
    const update: ClusterUpdate = Object.freeze({ ...fact, seq: ++this.#seq, at: this.#source.clock.now() });
    this.#source.tree?.publish(update);
    for (const reader of [...this.#readers]) reader.push(update);
    for (const { type, listener } of [...this.#listeners]) {
      if (type !== "update" && type !== update.type) continue;
      try {
        listener(update);
      } catch (error) {
        this.#source.onListenerError(toError(error));
      }
    }
  }

  /** No record says that a member has fallen silent. */
  #lookAgain({ sessions }: Directory, now: number): void {
    this.#stopTimer();
    let next = Number.POSITIVE_INFINITY;
    for (const { record, seenAt } of sessions.values()) {
      const at = seenAt + silentAfterMs(record.leaseMs);
      if (record.state !== "gone" && at >= now) next = Math.min(next, at);
    }
    if (next !== Number.POSITIVE_INFINITY)
      this.#timer = this.#source.clock.setTimeout(() => this.look(), next - now + 1);
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) this.#source.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

function listFacts(directory: Directory): Map<string, RoleSeen> {
  const facts = new Map<string, RoleSeen>();
  const names = namesOf(directory);
  for (const [name, { record }] of directory.roles) {
    for (const shard of shardsOf(record)) facts.set(toClaim(name, shard), toRoleSeen(directory, name, shard, names));
  }
  return facts;
}
