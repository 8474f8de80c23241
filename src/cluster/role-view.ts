// role-view.ts: what this node knows of a role, wherever it runs: as the value of its service, as a status, in words.

import type { RoleStatus } from "../contract/cluster-facts.ts";
import { nextInLine } from "./next-in-line.ts";
import type { RoleDirector } from "./role-director.ts";
import { toRole, toRoleSet } from "./view.ts";

/** The value that `use` of a singleton gives. Its members say how things are when they are read. */
export interface RoleView {
  /** Whether this node holds the role. */
  readonly here: boolean;
  /** The node that holds it. */
  readonly node: string | null;
  readonly token: number | null;
  /** The value of the service itself; only here. */
  readonly value: unknown;
}

export function createRoleView(director: RoleDirector): RoleView {
  const { name } = director.plan;
  const holder = () => director.holders.get(name);
  const role = () => {
    const { directory } = director.session.observer!;
    return toRole(directory, name, null);
  };
  return {
    get here() {
      return holder()?.state.startsWith("active") ?? false;
    },
    get node() {
      return role().node;
    },
    get token() {
      return role().token;
    },
    get value() {
      return holder()?.child?.value;
    },
  };
}

/** The role as the records say; of a set of shards, how it is as a whole. null: it is not known. */
export function readRole({ plan, session }: RoleDirector): RoleStatus | null {
  const { directory } = session.observer!;
  const known = directory.roles.get(plan.name);
  if (known === undefined) return null;
  return known.record.kind === "shards" ? toRoleSet(directory, plan.name, known) : toRole(directory, plan.name, null);
}

/** Where a role runs, and why not here, for a person. */
export function summariseRole({ plan, session, holders }: RoleDirector): string | null {
  const { observer, node } = session;
  if (observer === null) return null;
  const { directory } = observer;
  if (plan.kind === "shards") {
    const here = [...holders.values()].filter(({ isActive }) => isActive).length;
    return `${here} of ${plan.shards} shards are on this node (${node})`;
  }
  const role = toRole(directory, plan.name, null);
  const since = role.grantedAt === null ? "" : ` since ${new Date(role.grantedAt).toISOString().slice(0, 19)}Z`;
  const token = role.token === null ? "" : `, token ${role.token}`;
  const state = holders.get(plan.name)?.state ?? "standby";
  const next = nextInLine(directory, plan.name) === session.id ? ", next in line" : "";
  return `in the cluster: ${role.because}${since}${token}; here (${node}): ${state}${next}`;
}
