// Paths: from a path to what it names.

import { SupervisorError } from "../contract/errors.ts";
import { didYouMean } from "../contract/wording.ts";
import type { Child, Table } from "./service.ts";

/** The child of a path below `root`, whose name may be left out; null for the root itself. */
export function findChild(root: Table, path: string): Child | null {
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

/** Whoever gives the end of a path, and means the only one that ends so. */
function deeper(end: string, paths: readonly string[]): string {
  const [only, ...others] = paths.filter((path) => path.endsWith(`/${end}`));
  return only === undefined || others.length > 0 ? "" : `; did you mean "${only}"?`;
}

/** The service of a path, for a verb that changes it. */
export function findService(root: Table, path: string, verb: string): Child {
  const child = findChild(root, path);
  if (child === null) {
    const message = `${root.path}: ${verb} is for services, not for the root; use start() and stop()`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path: root.path });
  }
  requireSupervising(child.parent);
  return child;
}

export function requireSupervising({ isSupervising, path, state }: Table): void {
  if (isSupervising) return;
  const message = `${path}: it is ${state}; its services can be changed while it is starting or running`;
  throw new SupervisorError("ERR_NOT_RUNNING", message, { path });
}

function walk(root: Table, path: string): Child | undefined {
  let table: Table | null = root;
  let child: Child | undefined;
  for (const name of path.split("/")) {
    child = table?.children.get(name);
    if (child === undefined) return undefined;
    table = child.family;
  }
  return child;
}

function* allPaths(table: Table): Iterable<string> {
  for (const child of table.children.values()) {
    yield child.path;
    if (child.family !== null) yield* allPaths(child.family);
  }
}
