// same-spec.ts: whether two specs of one child say the same.

import { directorKey } from "../contract/director.ts";
import type { ChildSpec } from "../contract/spec.ts";

/**
 * Whether two values in the old and the new spec of a service say the same; undefined: compare them as usual. It is asked
 * for the specs themselves, and for all in them that is not the same value; `compare` compares two parts as usual.
 */
export type IsSame = (
  before: unknown,
  after: unknown,
  compare: (before: unknown, after: unknown) => boolean,
) => boolean | undefined;

/**
 * Whether two specs say the same: plain objects and arrays by what is in them, dependencies by their names, all else
 * (functions, machines) by identity. Of supervisors the options are compared; `services` are compared one by one.
 */
export function isSameSpec(before: ChildSpec, after: ChildSpec, isSame: IsSame = () => undefined): boolean {
  const compare = (one: unknown, other: unknown): boolean => {
    if (Object.is(one, other)) return true;
    const judged = isSame(one, other, compare);
    if (judged !== undefined) return judged;
    return isPlain(one) && isPlain(other) && isSameObject(one, other, compare);
  };
  const [director, other] = [directorOf(before), directorOf(after)];
  return compare(director, other) && compare(withoutServices(before), withoutServices(after));
}

/** What directs the children of a role of a cluster. */
function directorOf(spec: ChildSpec): unknown {
  return (spec as { readonly [directorKey]?: unknown })[directorKey];
}

/** The spec of a service itself; of a supervisor its options. */
function withoutServices(spec: ChildSpec): ChildSpec {
  return spec.services === undefined ? spec : { ...spec, services: [] };
}

function isSameObject(before: Members, after: Members, compare: (a: unknown, b: unknown) => boolean): boolean {
  if (Array.isArray(before) !== Array.isArray(after)) return false;
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].every((key) => {
    const [one, other] = [before[key], after[key]];
    return key === "dependsOn" ? compare(named(one), named(other)) : compare(one, other);
  });
}

/** Dependencies by name: what they name may have changed itself. */
function named(dependsOn: unknown): unknown {
  if (!Array.isArray(dependsOn)) return dependsOn;
  return dependsOn.map((one) => {
    if (!isPlain(one)) return one;
    return "service" in one ? { ...one, service: nameOf(one.service) } : nameOf(one);
  });
}

function nameOf(service: unknown): unknown {
  return isPlain(service) ? service.name : service;
}

type Members = Record<string, unknown>;

function isPlain(value: unknown): value is Members {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}
