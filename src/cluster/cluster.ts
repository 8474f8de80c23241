// cluster.ts: the handle of a cluster: the value of a cluster service, and what connectCluster gives.

import type { RoleStatus } from "../contract/cluster-facts.ts";
import type { Dropped } from "../contract/updates.ts";
import { type ClusterControl, type ControlSource, createControl } from "./control.ts";
import type { Feed, Heard } from "./feed.ts";
import type { ClusterMeters } from "./meters.ts";
import type { NodeUpdate } from "./node-updates.ts";
import type { ClusterUpdate } from "./updates.ts";
import { type ClusterHealth, listMembers, listRoles, type Member, toHealth } from "./view.ts";
import { createWhole, type WholeCluster } from "./whole.ts";

/** The value of a cluster service, and what `connectCluster` gives. */
export interface Cluster extends ClusterControl, WholeCluster {
  readonly id: string;
  /** The name of this node; null for an observer. */
  readonly node: string | null;
  /** From the records, at once. */
  members(): Member[];
  roles(): RoleStatus[];
  health(): ClusterHealth;
  /** What this node counts of its own part, over all its sessions; null for an observer. */
  meters(): ClusterMeters | null;
  /**
   * Calls `listener`, from now on, with each change of a member or of a role, in order; `"update"` is both. What it throws is
   * ignored. Returns the remover. The handle of a node ends with its session: a lost lease ends what was asked of it.
   *
   * @throws SupervisorError ERR_INVALID_SPEC for another type.
   */
  on<Type extends ClusterUpdate["type"]>(
    type: Type,
    listener: (update: Extract<ClusterUpdate, { type: Type }>) => unknown,
  ): () => void;
  on(type: "update", listener: (update: ClusterUpdate) => unknown): () => void;
  /**
   * All changes from the call on, in order; with `nodes`, those of the trees of these nodes, too. A reader that falls behind by more than `bufferSize` (1_024) loses the oldest and
   * gets one `{ type: "dropped", count }` in their place. Ends when `signal` aborts, and with the handle.
   *
   * @throws SupervisorError ERR_INVALID_SPEC; ERR_UNKNOWN_NODE.
   */
  updates(options: {
    nodes: readonly string[];
    signal?: AbortSignal | undefined;
    bufferSize?: number | undefined;
  }): AsyncIterableIterator<ClusterUpdate | NodeUpdate | Dropped>;
  updates(options?: {
    signal?: AbortSignal | undefined;
    bufferSize?: number | undefined;
  }): AsyncIterableIterator<ClusterUpdate | Dropped>;
}

export interface HandleSource extends ControlSource {
  readonly id: string;
  readonly node: string | null;
  readonly feed: Feed;
  readonly meters: () => ClusterMeters | null;
}

export function createHandle(source: HandleSource): Cluster {
  return {
    ...createControl(source),
    ...createWhole(source),
    id: source.id,
    node: source.node,
    members: () => listMembers(source.directory(), source.clock.now()),
    roles: () => listRoles(source.directory()),
    health: () => toHealth(source.directory(), source.clock.now()),
    meters: source.meters,
    on: (type: Heard, listener: (update: never) => unknown) => source.feed.on(type, listener),
    updates: (options?: Parameters<Feed["read"]>[0]) =>
      source.feed.read(options) as AsyncIterableIterator<ClusterUpdate | Dropped>,
  };
}
