// find.ts: finds the child that a path or a definition names, and suggests the nearest path when there is none.

import { SupervisorError } from "../contract/errors.ts";
import type { ServiceSpec } from "../contract/spec.ts";
import { didYouMean } from "../contract/wording.ts";
import type { Child } from "./service.ts";
import type { TreeSupervisor } from "./supervisor.ts";

/** The child of a path below `root`, whose name may be left out; null for the root itself. */
export function findChild(root: TreeSupervisor, path: string): Child | null {
  if (path === root.path) return null;
  const prefix = `${root.path}/`;
  const full = typeof path === "string" && path.startsWith(prefix) ? walk(root, path.slice(prefix.length)) : undefined;
  const child = full ?? (typeof path === "string" ? walk(root, path) : undefined);
  if (child !== undefined) return child;
  const known = [...allPaths(root)];
  const short = known.map((one) => one.slice(prefix.length));
  const hint = deeper(String(path), short) || didYouMean(String(path), short) || didYouMean(String(path), known);
  const list = `; known are ${known.slice(0, 20).join(", ") || "none"}`;
  const message = `${root.path}: no service has the path "${String(path)}"${hint || list}`;
  throw new SupervisorError("ERR_UNKNOWN_SERVICE", message, { path: String(path) });
}

/** A hint when exactly one path ends with the given text. */
function deeper(end: string, paths: readonly string[]): string {
  const [only, ...others] = paths.filter((path) => path.endsWith(`/${end}`));
  return only === undefined || others.length > 0 ? "" : `; did you mean "${only}"?`;
}

/**
 * Whether a child is in its tree still. One that was removed, by itself or with a supervisor above it, is not, even if
 * another has its name since.
 */
export function isThere(child: Child): boolean {
  const { children, owner } = child.parent;
  return children.get(child.plan.name) === child && (owner === null || isThere(owner));
}

/** The service that `use` names by its path or its definition. */
export function findGiver(root: TreeSupervisor, service: string | ServiceSpec): Child {
  const child = typeof service === "string" ? findChild(root, service) : findDefined(root, service);
  if (child !== null) return child;
  const message = `${root.path}: use() is for services, not for the root`;
  throw new SupervisorError("ERR_UNKNOWN_SERVICE", message, { path: root.path });
}

/** By its own definition; a copy of that, as a module that was loaded again has it, by its name. */
function findDefined(root: TreeSupervisor, spec: ServiceSpec): Child | null {
  const all = [...allChildren(root)];
  const own = all.find(({ plan }) => plan.spec === spec);
  if (own !== undefined) return own;
  const name = String(spec?.name);
  const named = all.filter(({ plan }) => plan.name === name);
  return named.length === 1 ? named[0]! : findChild(root, name);
}

function* allChildren(supervisor: TreeSupervisor): Iterable<Child> {
  for (const child of supervisor.children.values()) {
    yield child;
    if (child.supervisor !== null) yield* allChildren(child.supervisor);
  }
}

function walk(root: TreeSupervisor, path: string): Child | undefined {
  let supervisor: TreeSupervisor | null = root;
  let child: Child | undefined;
  for (const name of path.split("/")) {
    child = supervisor?.children.get(name);
    if (child === undefined) return undefined;
    supervisor = child.supervisor;
  }
  return child;
}

function* allPaths(supervisor: TreeSupervisor): Iterable<string> {
  for (const child of supervisor.children.values()) {
    yield child.path;
    if (child.supervisor !== null) yield* allPaths(child.supervisor);
  }
}
