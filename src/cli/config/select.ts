// select.ts: the part of a tree that `up <services…>` runs: those services, what they depend on, and the supervisors above.

import type { ChildSpec, Dependency, SupervisorSpec } from "../../contract/spec.ts";
import { didYouMean } from "../../contract/wording.ts";
import { CliError, exitCodes } from "../cli-error.ts";

/**
 * The tree with nothing but the services at `paths` (with or without the root's name) and all that they depend on; a
 * supervisor that is named stays whole. Without paths the tree stays as it is.
 *
 * @throws CliError 2 for an unknown path, with the nearest known one
 */
export function selectServices(spec: SupervisorSpec, paths: readonly string[]): SupervisorSpec {
  if (paths.length === 0) return spec;
  const known = pathsBelow(spec);
  const wanted = paths.map((path) => {
    const relative =
      path.startsWith(`${spec.name}/`) && !known.includes(path) ? path.slice(spec.name.length + 1) : path;
    if (known.includes(relative)) return relative.split("/");
    const hint = didYouMean(path, known) || `; there are ${known.join(", ")}`;
    throw new CliError(exitCodes.usage, `there is no service "${path}" in ${spec.name}${hint}`);
  });
  return prune(spec, wanted);
}

function pathsBelow(spec: SupervisorSpec): string[] {
  return spec.services.flatMap((child) => [
    child.name,
    ...(isSupervisor(child) ? pathsBelow(child).map((path) => `${child.name}/${path}`) : []),
  ]);
}

function prune<Spec extends SupervisorSpec>(spec: Spec, wanted: readonly (readonly string[])[]): Spec {
  const names = withDependencies(spec, new Set(wanted.map(([name]) => name!)));
  const services = spec.services
    .filter(({ name }) => names.has(name))
    .map((child) => {
      const inside = wanted.filter(([name]) => name === child.name).map(([, ...rest]) => rest);
      // A child that is named itself, or only depended on, stays whole.
      const isWhole = inside.length === 0 || inside.some((path) => path.length === 0);
      return isSupervisor(child) && !isWhole ? prune(child, inside) : child;
    });
  return { ...spec, services };
}

function withDependencies(spec: SupervisorSpec, names: Set<string>): Set<string> {
  const byName = new Map(spec.services.map((child) => [child.name, child]));
  const queue = [...names];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    for (const dependency of byName.get(name)?.dependsOn ?? []) {
      const needed = targetOf(dependency);
      if (names.has(needed)) continue;
      names.add(needed);
      queue.push(needed);
    }
  }
  return names;
}

function targetOf(dependency: string | ChildSpec | Dependency): string {
  if (typeof dependency === "string") return dependency;
  if ("name" in dependency) return dependency.name;
  return typeof dependency.service === "string" ? dependency.service : dependency.service.name;
}

function isSupervisor(child: ChildSpec): child is SupervisorSpec {
  return Array.isArray(child.services);
}
