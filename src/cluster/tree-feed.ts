// tree-feed.ts: the changes of a cluster as updates of the tree of this node.

import type { FeedSource } from "./feed.ts";
import type { Session } from "./session.ts";

/** Lets the listeners of the tree know of the cluster, each fact with the path of what stands for it here. */
export function treeFeed({ inside, participants, path }: Session): NonNullable<FeedSource["tree"]> {
  const { updates } = inside;
  return {
    isHeard: () => updates.isHeard("role") || updates.isHeard("member"),
    publish(update) {
      const { seq: _seq, at: _at, ...fact } = update;
      if (fact.type === "member") return updates.publish(path, fact);
      const { path: _path, ...change } = fact;
      const own = [...participants].find(({ role }) => role === change.role);
      updates.publish(own?.path ?? path, change);
    },
  };
}
