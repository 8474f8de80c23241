// `/cluster`: the cluster of this node as JSON; and what its updates report and its records do not keep.

import type { Cluster, RoleReason, RoleUpdate } from "../cluster/index.ts";
import { invalid } from "../contract/check.ts";
import type { ServiceSpec, Supervisor } from "../index.ts";
import type { Answer } from "./answer.ts";

/** The reasons of an update that say that a node got the role. */
const grants: readonly RoleReason[] = ["claimed", "taken-over", "handed-over", "moved", "failed-there"];

/** The upper bounds of how long nobody held a role, in seconds. */
const gapBounds = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 300] as const;

export interface Gaps {
  count: number;
  sum: number;
  readonly buckets: [bound: number, count: number][];
}

/** The cluster of a node over all its sessions, each of which has a handle of its own. */
export class ClusterWatch {
  readonly #supervisor: Supervisor;
  readonly #service: ServiceSpec<Cluster> | string;
  #followed: Cluster | null = null;
  /** How often this node got a role, by role and reason. */
  readonly granted = new Map<string, Map<RoleReason, number>>();
  /** How long nobody held a role before this node got it. */
  readonly gaps = new Map<string, Gaps>();

  constructor(supervisor: Supervisor, service: ServiceSpec<Cluster> | string) {
    this.#supervisor = supervisor;
    this.#service = service;
    supervisor.on("status", ({ to }) => to === "running" && this.current);
    void this.current;
  }

  /** The handle of the session that is; null while this node is not a member. */
  get current(): Cluster | null {
    const found = this.#find();
    if (found !== null && found !== this.#followed) this.#follow(found);
    return found;
  }

  /** The handle of the last session. */
  get last(): Cluster | null {
    return this.current ?? this.#followed;
  }

  /** Why this node is not a member. */
  get why(): string {
    return this.#supervisor.explain(this.#path).summary;
  }

  get #path(): string {
    return typeof this.#service === "string" ? this.#service : this.#service.name;
  }

  #find(): Cluster | null {
    let value: unknown;
    try {
      value =
        typeof this.#service === "string" ? this.#supervisor.use(this.#service) : this.#supervisor.use(this.#service);
    } catch {
      return null;
    }
    if (typeof (value as Partial<Cluster> | null)?.members === "function") return value as Cluster;
    throw invalid("createHealthHandler", "cluster", "what defineCluster returned, or its path", this.#path);
  }

  #follow(cluster: Cluster): void {
    this.#followed = cluster;
    cluster.on("role", (update) => this.#note(update, cluster.node));
  }

  #note({ role, node, because, gapMs }: RoleUpdate, own: string | null): void {
    if (node !== own || !grants.includes(because)) return;
    const counts = this.granted.get(role) ?? new Map<RoleReason, number>();
    counts.set(because, (counts.get(because) ?? 0) + 1);
    this.granted.set(role, counts);
    if (gapMs === null) return;
    const gaps = this.gaps.get(role) ?? { count: 0, sum: 0, buckets: gapBounds.map((bound) => [bound, 0]) };
    const seconds = gapMs / 1_000;
    gaps.count++;
    gaps.sum += seconds;
    for (const bucket of gaps.buckets) if (seconds <= bucket[0]) bucket[1]++;
    this.gaps.set(role, gaps);
  }
}

export function answerCluster(watch: ClusterWatch): Answer {
  const cluster = watch.current;
  if (cluster === null) return json(503, { isMember: false, because: watch.why });
  const { id, node } = cluster;
  const [health, members, roles, meters] = [cluster.health(), cluster.members(), cluster.roles(), cluster.meters()];
  return json(200, { id, node, isMember: true, health, members, roles, meters });
}

function json(status: Answer["status"], document: object): Answer {
  return { status, type: "application/json", body: `${JSON.stringify(document)}\n` };
}
