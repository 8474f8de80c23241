// ClusterWatch: finds the handle of a node's cluster, and follows each one, over all sessions of the node.

import type { Cluster } from "../cluster/index.ts";
import { invalid } from "../contract/check.ts";
import type { ServiceSpec, Supervisor } from "../index.ts";
import { RoleGrants } from "./role-grants.ts";

/** The cluster of a node over all its sessions, each of which has a handle of its own. */
export class ClusterWatch {
  readonly #supervisor: Supervisor;
  readonly #service: ServiceSpec<Cluster> | string;
  #followed: Cluster | null = null;
  readonly grants = new RoleGrants();

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
    cluster.on("role", (update) => {
      if (update.node === cluster.node) this.grants.note(update);
    });
  }
}
