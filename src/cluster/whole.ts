// whole.ts: the cluster as a whole: the status of all nodes' trees, and what is looked at or changed wherever it is.

import type { RoleStatus } from "../contract/cluster-facts.ts";
import { SupervisorError, toError } from "../contract/errors.ts";
import type { ServiceStatus, TreeStatus } from "../contract/status.ts";
import { didYouMean, textOf } from "../contract/wording.ts";
import type { Explanation } from "../observation/explain.ts";
import { type AskSource, ask } from "./ask.ts";
import { type Asked, findAsked, listAsked, toAsked } from "./asked.ts";
import type { NodeOption } from "./control.ts";
import { findRole, holdersOf, statusOf, toNotHeld } from "./find-role.ts";
import { nextInLine } from "./next-in-line.ts";
import { namesOf } from "./shown-names.ts";
import { type ClusterHealth, listMembers, listRoles, type Member, toHealth } from "./view.ts";

/** A member, and its tree if it has answered. */
export interface MemberStatus extends Member {
  /** It has answered. */
  readonly reached: boolean;
  /** Why not. */
  readonly error: string | null;
  readonly tree: TreeStatus | null;
  /** That node's clock, to compare with the times in `tree`. */
  readonly now: number | null;
}

export interface ClusterStatus {
  readonly id: string;
  readonly health: ClusterHealth;
  /** Those that have left are not in it. */
  readonly members: readonly MemberStatus[];
  readonly roles: readonly RoleStatus[];
}

/** Why a role, or a service of one node, is in its state. */
export interface ClusterExplanation {
  readonly path: string;
  /** The node that was asked; null if nobody holds the role. */
  readonly node: string | null;
  /** One sentence for a person. */
  readonly summary: string;
  /** The role, or the shard of it, if it is one. */
  readonly role: RoleStatus | null;
  /** What that node says of the service; its times are those of its own clock. */
  readonly service: Explanation | null;
}

export interface WholeCluster {
  /** Asks every member for its tree, for 2 seconds at the most. Never rejects: one that is silent is in it, not `reached`. */
  status(): Promise<ClusterStatus>;
  /**
   * Explains a role (`"ledger"`), a shard of one (`"inbox/17"`), or a service of a node's tree, as that node sees it.
   *
   * @throws SupervisorError ERR_UNKNOWN_SERVICE; ERR_UNKNOWN_NODE, when the service is not clustered and no `node` was named,
   * too; ERR_NODE_UNREACHABLE; ERR_NOT_ALLOWED.
   */
  explain(path: string, options?: NodeOption): Promise<ClusterExplanation>;
  /**
   * Restarts a role where it is held, without a change of hands (of shards, one after another on each node), or a service of
   * one node's tree. Resolves when it is up.
   *
   * @throws SupervisorError as explain, and as `restartService` of that node; ERR_NO_NODE if nobody holds the role;
   * ERR_OUTCOME_UNKNOWN if the node has fallen silent meanwhile.
   */
  restartService(path: string, options?: NodeOption): Promise<void>;
}

export function createWhole(source: AskSource & { readonly id: string }): WholeCluster {
  return {
    status: () => askAll(source),
    explain: (path, { node } = {}) => explain(source, path, node),
    async restartService(path, { node } = {}) {
      if (node !== undefined) return void (await ask(source, findAsked(source.directory(), node), "restart", path));
      const found = findRole(source.directory(), path);
      if (found === null) return void (await ask(source, await findSole(source, path), "restart", path));
      const holders = holdersOf(source.directory(), found);
      if (holders.length === 0) throw toNotHeld(source.directory(), found);
      for (const session of holders) await ask(source, toAsked(source.directory(), session), "restart", found.path);
    },
  };
}

async function askAll(source: AskSource & { readonly id: string }): Promise<ClusterStatus> {
  const directory = source.directory();
  const present = listMembers(directory, source.clock.now()).filter(({ state }) => state !== "gone");
  const members = await Promise.all(
    present.map(async (member): Promise<MemberStatus> => {
      try {
        const { now, status } = (await ask(source, member, "status", "")) as { now: number; status: TreeStatus };
        return { ...member, reached: true, error: null, tree: status, now };
      } catch (error) {
        return { ...member, reached: false, error: textOf(toError(error)), tree: null, now: null };
      }
    }),
  );
  const roles = listRoles(source.directory());
  return { id: source.id, health: toHealth(source.directory(), source.clock.now()), members, roles };
}

async function explain(source: AskSource, path: string, node: string | undefined): Promise<ClusterExplanation> {
  const directory = source.directory();
  const found = findRole(directory, path);
  const role = found === null ? null : statusOf(directory, found);
  const holder = found === null ? undefined : holdersOf(directory, found)[0];
  if (node === undefined && found !== null && (holder === undefined || found.isSet)) {
    return { path: found.path, node: null, summary: `${found.path}: ${role!.because}`, role, service: null };
  }
  const asked =
    node !== undefined
      ? findAsked(directory, node)
      : holder !== undefined
        ? toAsked(directory, holder)
        : await findSole(source, path);
  const service = toExplanation(await ask(source, asked, "explain", found?.path ?? path));
  const next = found === null ? null : nextInLine(directory, found.name);
  const line =
    next === null ? "" : `, ${namesOf(directory).get(next) ?? toAsked(directory, next).node} is next in line`;
  const where = role === null ? `on ${asked.node}` : `${role.because}${line}`;
  return {
    path: found?.path ?? path,
    node: asked.node,
    summary: `${path}: ${where}; ${service.summary}`,
    role,
    service,
  };
}

/** As it came: JSON has no Infinity. */
function toExplanation(data: unknown): Explanation {
  const given = data as Explanation;
  const { intensityLeft, retriesLeft } = given;
  return { ...given, intensityLeft: intensityLeft ?? Infinity, retriesLeft: retriesLeft ?? Infinity };
}

/** The only node whose tree has a service that is not clustered. */
async function findSole(source: AskSource, path: string): Promise<Asked> {
  const members = listAsked(source.directory());
  const answers = await Promise.all(
    members.map((member) =>
      ask(source, member, "status", path).then(
        (data) => (data as { status: ServiceStatus }).status,
        () => null,
      ),
    ),
  );
  const having = members.filter((_, index) => answers[index] !== null);
  if (having.length === 0) {
    const known = [...source.directory().roles.keys()];
    const hint = didYouMean(path, known) || `; roles are ${known.join(", ") || "none"}`;
    throw new SupervisorError(
      "ERR_UNKNOWN_SERVICE",
      `no role of the cluster and no service of its nodes is "${path}"${hint}`,
    );
  }
  const names = having
    .map(({ node }) => node)
    .sort()
    .join(", ");
  throw new SupervisorError("ERR_UNKNOWN_NODE", `${path} is not clustered; say on which node: it is on ${names}`);
}
