// cluster.ts: how `cluster` prints members, roles, changes and the trees of the nodes.

import type {
  Cluster,
  ClusterExplanation,
  ClusterStatus,
  ClusterUpdate,
  Member,
  NodeUpdate,
  RoleStatus,
} from "../../cluster/index.ts";
import type { Dropped, TreeStatus } from "../../index.ts";
import { formatMs } from "./format.ts";
import { isFine } from "./states.ts";
import { createStyle } from "./style.ts";
import { columnsOf, formatTable } from "./table.ts";

const style = createStyle(process.stdout);

export function formatStatus(cluster: Cluster): string[] {
  const { status } = cluster.health();
  const colour = { healthy: "green", degraded: "yellow", unhealthy: "red" } as const;
  const head = `${cluster.id}: ${style(colour[status], status)}`;
  const members = cluster.members().filter(({ state }) => state !== "gone");
  return [head, ...formatMembers(members), "", ...formatRoles(cluster.roles(), cluster.members())];
}

export function formatUpdate(update: ClusterUpdate | NodeUpdate | Dropped): string {
  if (update.type === "node") return formatNodeUpdate(update);
  if (update.type === "dropped") return style("yellow", `${update.count} changes were dropped: this terminal is slow`);
  if (update.type === "member") return `${update.node}: ${update.to} (${update.because})`;
  const { path, to, node, token, because, gapMs } = update;
  const where = node === null ? "" : ` on ${node}`;
  const notes = [
    because,
    gapMs === null ? "" : `nobody's for ${formatMs(gapMs)}`,
    token === null ? "" : `token ${token}`,
  ];
  return `${path}: ${style(to === "running" ? "green" : "yellow", to)}${where} (${notes.filter(Boolean).join(", ")})`;
}

/** A change of a node's own tree, in the words of its fields. */
function formatNodeUpdate({ node, update, error }: NodeUpdate): string {
  if (update === null) return `${node}: ${style("yellow", error ?? "nothing more comes from it")}`;
  const { type, path, from, to, phase } = update;
  if (type === "status")
    return `${node}: ${path} ${style("dim", `${from} →`)} ${to}${phase === null ? "" : ` (${phase})`}`;
  const { healthy } = update;
  return `${node}: ${path ?? ""} ${type}${typeof healthy === "boolean" ? (healthy ? ": healthy" : ": not healthy") : ""}`;
}

function tableOf(rows: readonly (readonly string[])[]): string[] {
  const width = columnsOf(process.stdout);
  return formatTable(rows, width === undefined ? {} : { width });
}

export function formatMembers(members: readonly Member[]): string[] {
  const head = ["node", "state", "health", "version", "holds", "last seen"].map((word) => style("dim", word));
  const rows = members.map(({ shownAs, state, health, version, holds, seenMsAgo }) => [
    shownAs,
    style(state === "up" ? "green" : "yellow", state),
    state === "gone" ? "" : style(health === "healthy" ? "green" : "yellow", health),
    version,
    String(holds),
    state === "gone" ? "" : `${formatMs(seenMsAgo)} ago`,
  ]);
  return members.length === 0 ? ["no members"] : tableOf([head, ...rows]);
}

/** `"ledger"`; of a shard `"inbox/17"`, as the verbs take it. */
export function nameOfRole({ name, shard }: Pick<RoleStatus, "name" | "shard">): string {
  return shard === null ? name : `${name}/${shard}`;
}

/** The members are for their names: two may be of one node. */
export function formatRoles(roles: readonly RoleStatus[], members: readonly Member[]): string[] {
  const head = ["role", "state", "node", "since", "token", "failures", "why"].map((word) => style("dim", word));
  const shown = new Map(members.map(({ session, shownAs }) => [session, shownAs]));
  const rows = roles.map((role) => [
    nameOfRole(role),
    style(role.healthy ? "green" : "yellow", role.state),
    shown.get(role.session ?? "") ?? role.node ?? "",
    role.grantedAt === null ? "" : `${formatMs(Date.now() - role.grantedAt)} ago`,
    role.token === null ? "" : String(role.token),
    String(role.failures),
    role.healthy ? "" : role.because,
  ]);
  return roles.length === 0 ? ["no roles"] : tableOf([head, ...rows]);
}

export function formatExplanation({ summary, role }: ClusterExplanation): string[] {
  if (role === null) return [summary];
  const { token, failures, avoid, error } = role;
  const notes = [
    token === null ? "" : `token ${token}`,
    failures === 0 ? "" : `${failures} failures in a row`,
    avoid.length === 0 ? "" : `failed on ${avoid.join(", ")}`,
    error === null || summary.includes(error) ? "" : error,
  ].filter((note) => note !== "");
  return [`${summary}${notes.length === 0 ? "" : ` (${notes.join("; ")})`}`];
}

/** The services that are not as they should be, by node, and the nodes that have not answered. */
export function formatTrees({ members }: ClusterStatus): string[] {
  const lines = members.flatMap(({ node, error, tree }) =>
    tree === null ? [`${node}: ${style("yellow", error ?? "it has not answered")}`] : listUnhealthy(tree, node),
  );
  return lines.length === 0 ? [] : ["", ...lines];
}

function listUnhealthy(tree: TreeStatus, node: string): string[] {
  return tree.services.flatMap((service): string[] => {
    const isExpected = isFine(service) || service.phase === "byHand";
    const inner = service.kind === "supervisor" ? listUnhealthy(service, node) : [];
    if (isExpected || inner.length > 0) return inner;
    const why = service.error === null ? "" : `: ${service.error.message}`;
    return [`${node}: ${service.path} is ${style("yellow", service.state)}${why}`];
  });
}
