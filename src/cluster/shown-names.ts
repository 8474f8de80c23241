// shown-names.ts: the names by which members are shown. A node whose process was replaced, or started twice, is two members.

import type { Directory } from "../../machines/policies/directory.ts";

/** By session, the names that differ from those of their nodes: `"n1~2"`. */
export type ShownNames = ReadonlyMap<string, string>;

/** The newest member of a name has it; an older one is `n1~2`, the next `n1~3`, until it is gone. */
export function namesOf({ sessions }: Directory): ShownNames {
  const byNode = new Map<string, string[]>();
  for (const [session, { record }] of sessions) {
    if (record.state === "gone") continue;
    const others = byNode.get(record.node);
    if (others === undefined) byNode.set(record.node, [session]);
    else others.push(session);
  }
  const startedAt = (session: string) => sessions.get(session)!.record.startedAt;
  const shown = new Map<string, string>();
  for (const [node, alike] of byNode) {
    if (alike.length === 1) continue;
    alike.sort((a, b) => startedAt(b) - startedAt(a) || (a < b ? -1 : 1));
    for (const [index, session] of alike.entries()) if (index > 0) shown.set(session, `${node}~${index + 1}`);
  }
  return shown;
}
