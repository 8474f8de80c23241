// waiting.ts: what a service waits for at any moment, by its dependencies and their states.

import type { DependencyDescription } from "../../../contract/description.ts";
import type { Moment } from "../../shared/history.ts";
import type { Row } from "../../shared/protocol.ts";
import { looks, toneOf } from "./tones.ts";
import type { TreeModel } from "./tree.ts";

export interface Wait extends DependencyDescription {
  readonly isMet: boolean;
  /** Its state, for a person. */
  readonly state: string;
}

const isMetBy: Readonly<Record<DependencyDescription["condition"], (row: Row) => boolean>> = {
  started: ({ state }) => state === "running",
  healthy: ({ state, phase }) => state === "running" && phase === "healthy",
  completed: ({ state, phase }) => state === "stopped" && phase === "completed",
};

export function dependenciesOf(path: string, tree: TreeModel): readonly DependencyDescription[] {
  const spec = tree.nodes.get(path)?.spec;
  return spec !== null && spec !== undefined && "dependsOn" in spec ? spec.dependsOn : [];
}

export function waitsOf(path: string, tree: TreeModel, moment: Moment): readonly Wait[] {
  return dependenciesOf(path, tree).map((dependency) => {
    const row = moment.rows.get(dependency.path);
    const isMet = row !== undefined && isMetBy[dependency.condition](row);
    return { ...dependency, isMet, state: looks[toneOf(row)].label };
  });
}

/** The siblings that depend on a service, in definition order. */
export function dependantsOf(path: string, tree: TreeModel): readonly string[] {
  return tree.dependants.get(path) ?? [];
}

/** Those that depend on a service directly or through others, nearest first. */
export function allDependantsOf(path: string, tree: TreeModel): readonly string[] {
  const found = new Set<string>();
  const queue = [path];
  for (const one of queue) {
    for (const dependant of dependantsOf(one, tree)) {
      if (found.has(dependant) || dependant === path) continue;
      found.add(dependant);
      queue.push(dependant);
    }
  }
  return [...found];
}
