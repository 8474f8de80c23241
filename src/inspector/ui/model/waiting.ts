// waiting.ts: what a service waits for at any moment, by its dependencies and their states.

import type { DependencyDescription } from "../../../contract/description.ts";
import type { Moment } from "../../shared/history.ts";
import { looks, toneOf } from "./tones.ts";
import type { TreeModel } from "./tree.ts";

export interface Wait extends DependencyDescription {
  readonly isMet: boolean;
  /** Its state, for a person. */
  readonly state: string;
}

export function waitsOf(path: string, tree: TreeModel, moment: Moment): readonly Wait[] {
  const spec = tree.nodes.get(path)?.spec;
  if (spec === null || spec === undefined || !("dependsOn" in spec)) return [];
  return spec.dependsOn.map((dependency) => {
    const row = moment.rows.get(dependency.path);
    const tone = toneOf(row);
    const isMet =
      dependency.condition === "completed"
        ? tone === "completed"
        : tone === "running" || (dependency.condition === "started" && tone === "unhealthy");
    return { ...dependency, isMet, state: looks[tone].label };
  });
}

export function dependantsOf(path: string, tree: TreeModel): readonly string[] {
  const parent = tree.nodes.get(path)?.parent;
  const siblings = parent === null || parent === undefined ? [] : (tree.nodes.get(parent)?.children ?? []);
  return siblings.filter((sibling) => {
    const spec = tree.nodes.get(sibling)?.spec;
    return (
      spec !== null && spec !== undefined && "dependsOn" in spec && spec.dependsOn.some((one) => one.path === path)
    );
  });
}
