// tree.ts: the lines of the tree: the services as they are defined, with their rows at a moment.

import type { ChildDescription, TreeDescription } from "../../../contract/description.ts";
import type { Moment } from "../../shared/history.ts";
import type { Row } from "../../shared/protocol.ts";
import { nameOf, parentOf } from "./format.ts";
import { toneOf } from "./tones.ts";

export interface TreeNode {
  readonly path: string;
  readonly name: string;
  readonly depth: number;
  readonly parent: string | null;
  /** The children of a supervisor, in definition order. */
  readonly children: readonly string[] | null;
  readonly spec: TreeDescription | ChildDescription | null;
}

export interface TreeModel {
  readonly description: TreeDescription;
  readonly nodes: ReadonlyMap<string, TreeNode>;
}

export function toTree(description: TreeDescription): TreeModel {
  const nodes = new Map<string, TreeNode>();
  const visit = (spec: TreeDescription | ChildDescription, depth: number, parent: string | null): void => {
    const services = "services" in spec ? spec.services : undefined;
    const children = services?.map(({ path }) => path) ?? null;
    nodes.set(spec.path, { path: spec.path, name: spec.name, depth, parent, children, spec });
    for (const child of services ?? []) visit(child, depth + 1, spec.path);
  };
  visit(description, 0, null);
  return { description, nodes };
}

export interface TreeLine {
  readonly node: TreeNode;
  readonly row: Row | undefined;
  readonly isOpen: boolean | null;
}

/** The lines from the top down: without folded ones; with a query, the matches and what they are in. */
export function toLines(
  tree: TreeModel,
  moment: Moment,
  collapsed: ReadonlySet<string>,
  query: string,
): readonly TreeLine[] {
  const found = query === "" ? null : findAll(tree, moment, query);
  const lines: TreeLine[] = [];
  const visit = (path: string): void => {
    const node = tree.nodes.get(path)!;
    if (found !== null && !found.has(path)) return;
    const row = moment.rows.get(path);
    // The service was added after this moment.
    if (row === undefined && moment.n > 0 && node.depth > 0) return;
    const isOpen = node.children === null ? null : found !== null || !collapsed.has(path);
    lines.push({ node, row, isOpen });
    if (isOpen) for (const child of node.children!) visit(child);
  };
  visit(tree.description.path);
  // Services that were removed after this moment are no longer defined.
  for (const [path, row] of moment.rows) {
    if (tree.nodes.has(path) || (found !== null && !matches(path, row, query))) continue;
    const depth = path.split("/").length - 1;
    lines.push({
      node: { path, name: nameOf(path), depth, parent: parentOf(path), children: null, spec: null },
      row,
      isOpen: null,
    });
  }
  return lines;
}

export function matches(path: string, row: Row | undefined, query: string): boolean {
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "")
    .every(
      (word) =>
        path.toLowerCase().includes(word) ||
        toneOf(row).includes(word) ||
        (row?.error?.message.toLowerCase().includes(word) ?? false),
    );
}

function findAll(tree: TreeModel, moment: Moment, query: string): Set<string> {
  const found = new Set<string>();
  for (const [path, node] of tree.nodes) {
    if (!matches(path, moment.rows.get(path), query)) continue;
    for (let at: TreeNode | undefined = node; at !== undefined && !found.has(at.path); ) {
      found.add(at.path);
      at = at.parent === null ? undefined : tree.nodes.get(at.parent);
    }
  }
  return found;
}
