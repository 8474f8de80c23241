// tree.ts: the lines of the tree: the services as they are defined, with their rows at a moment.

import type { ChildDescription, TreeDescription } from "../../../contract/description.ts";
import { serviceStates } from "../../../contract/states.ts";
import type { Moment } from "../../shared/history.ts";
import type { Row } from "../../shared/protocol.ts";
import { nameOf, parentOf } from "./format.ts";
import { looks, toneOf } from "./tones.ts";

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
  /** The siblings that depend on each service. */
  readonly dependants: ReadonlyMap<string, readonly string[]>;
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
  const dependants = new Map<string, string[]>();
  for (const { path, spec } of nodes.values()) {
    for (const on of spec !== null && "dependsOn" in spec ? spec.dependsOn : []) {
      const known = dependants.get(on.path);
      if (known === undefined) dependants.set(on.path, [path]);
      else known.push(path);
    }
  }
  return { description, nodes, dependants };
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

/**
 * Whether a service fits a query: each word must be in its path or in an error that is shown of it, or be one of its
 * states. The words for states are whole words: "healthy" does not find "unhealthy". `state:backoff` finds states alone,
 * `is:problem` everything that is not well.
 */
export function matches(path: string, row: Row | undefined, query: string): boolean {
  return wordsOf(query).every((word) => {
    const [, field, value = ""] = /^(state|is):(.*)$/.exec(word) ?? [];
    if (field === "is") return value === "problem" ? isUnwell(row) : statesOf(row).includes(value);
    if (field === "state") return value === "" || statesOf(row).some((state) => state.startsWith(value));
    if (path.toLowerCase().includes(word) || statesOf(row).includes(word)) return true;
    if (stateWords.has(word)) return false;
    return textsOf(row).some((text) => text.toLowerCase().includes(word));
  });
}

function wordsOf(query: string): string[] {
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
}

/** Everything that a state is called on the page. */
function statesOf(row: Row | undefined): readonly string[] {
  const tone = toneOf(row);
  if (row === undefined) return [tone];
  const health = row.health ?? (row.state === "running" ? row.phase : null);
  return [
    tone,
    row.state,
    ...(row.phase === null ? [] : [row.phase.toLowerCase()]),
    ...(health === null ? [] : [health]),
  ];
}

const stateWords: ReadonlySet<string> = new Set([...Object.keys(looks), "healthy", ...serviceStates]);

function isUnwell(row: Row | undefined): boolean {
  const tone = toneOf(row);
  if (tone === "stopped") return row?.phase === "grouped";
  return (
    tone !== "running" && tone !== "completed" && tone !== "stopping" && (tone !== "starting" || row!.failures > 0)
  );
}

function textsOf(row: Row | undefined): readonly string[] {
  return [row?.unhealthy, row?.error].flatMap((error) =>
    error == null ? [] : [error.message, error.code ?? "", error.name],
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
