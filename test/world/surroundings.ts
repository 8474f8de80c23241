// surroundings.ts: what the invariants of dependants ask of a world.

import type { Surroundings } from "./invariants/dependencies.ts";
import type { ChildShape } from "./shape.ts";
import type { World } from "./world.ts";

export function toSurroundings(world: World): Surroundings {
  const { requests } = world;
  const statusOf = (path: string) => {
    try {
      return world.supervisor.status(path);
    } catch {
      return undefined;
    }
  };
  const intentOf = (path: string) => {
    const { service } = world.supervisor.actorsOf(path);
    return (service?.getSnapshot() as { context: { intent: string | null; failing: boolean } }).context;
  };
  return {
    statusOf,
    siblingsOf: (path) => {
      const parent = path.slice(0, path.lastIndexOf("/") + 1);
      const siblings = new Map<string, ChildShape>();
      for (const [other, shape] of world.shapes) {
        if (other.startsWith(parent) && !other.includes("/", parent.length)) siblings.set(shape.name, shape);
      }
      return siblings;
    },
    whyStopped(path) {
      const { intent, failing } = intentOf(path);
      if (failing || statusOf(path)?.startedAt === null) return null;
      const parent = parentOf(path);
      // The deadline of a nested supervisor cuts the order short.
      if (parent === "app" && statusOf(parent)?.state === "stopping")
        return world.deeds.hasDeadline ? null : "teardown";
      if (!requests.isAskedToStop(path) || world.lifecycleOf(parent) === "regrouping") return null;
      // A restart with a dependency of its own has the same intent.
      const isRestart = intent === "restart" && (world.shapes.get(path)?.dependsOn ?? []).length === 0;
      return intent === "byHand" || isRestart ? "byHand" : null;
    },
    isTearingDown: (path) => statusOf(parentOf(path))?.state === "stopping",
    isStartedAfter: (path, other) => requests.isStartedAfter(path, other),
  };
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
