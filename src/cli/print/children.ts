// children.ts: the children of a tree, with those of nested supervisors, from its description.

import type { ChildDescription, TreeDescription } from "../../contract/description.ts";

/** In the order of the definition, each supervisor before what is in it. */
export function listChildren(tree: TreeDescription): ChildDescription[] {
  return tree.services.flatMap((child) => [child, ...(child.services ? listChildren(child) : [])]);
}
