// plain-tree.ts: the description of a tree as JSON: `meta`, which is the user's and may hold anything, is converted.

import type { ChildDescription, TreeDescription } from "../../index.ts";
import { toPreview } from "./preview.ts";

export function toPlainTree(tree: TreeDescription): TreeDescription {
  return { ...tree, meta: toPlainMeta(tree.meta), services: tree.services.map(toPlainChild) };
}

function toPlainChild(child: ChildDescription): ChildDescription {
  if (child.services !== undefined) return { ...child, ...toPlainTree(child) };
  return child.meta === null ? child : { ...child, meta: toPlainMeta(child.meta) };
}

/** `meta` as JSON, or a preview of it when JSON cannot hold it. */
function toPlainMeta(meta: Record<string, unknown> | null): Record<string, unknown> | null {
  try {
    return JSON.parse(JSON.stringify(meta)) as Record<string, unknown> | null;
  } catch {
    return { "(not JSON)": toPreview(meta) };
  }
}
