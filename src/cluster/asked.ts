// asked.ts: the members of a cluster that can be asked, and the one that a name means.

import type { Directory } from "../../machines/policies/directory.ts";
import { SupervisorError } from "../contract/errors.ts";
import { didYouMean } from "../contract/wording.ts";
import { namesOf } from "./shown-names.ts";

/** A member that can be asked. */
export interface Asked {
  readonly node: string;
  readonly session: string;
}

/** The members, one for each session. */
export function listAsked(directory: Directory): Asked[] {
  return [...directory.sessions].flatMap(([session, { record }]) =>
    record.state === "gone" ? [] : [{ node: record.node, session }],
  );
}

/** The member of a session. */
export function toAsked(directory: Directory, session: string): Asked {
  return { session, node: directory.sessions.get(session)!.record.node };
}

/**
 * The member of a name; the newest, if two have it: the older one is `"n1~2"`.
 *
 * @throws SupervisorError ERR_UNKNOWN_NODE
 */
export function findAsked(directory: Directory, node: string): Asked {
  const names = namesOf(directory);
  const members = listAsked(directory).map((one) => ({ ...one, shownAs: names.get(one.session) ?? one.node }));
  const found = members.find(({ shownAs }) => shownAs === node);
  if (found !== undefined) return { node: found.shownAs, session: found.session };
  const nodes = members.map(({ shownAs }) => shownAs);
  const hint = didYouMean(node, nodes) || `; there are ${nodes.join(", ") || "none"}`;
  throw new SupervisorError("ERR_UNKNOWN_NODE", `no node of the cluster is named "${node}"${hint}`);
}
