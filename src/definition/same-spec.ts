// same-spec.ts: whether two specs of one child say the same.

import type { ChildSpec } from "../contract/spec.ts";

/**
 * Whether a new spec of a child says the same as the one that it was made of. Of supervisors it compares the options:
 * `services` are compared one by one.
 */
export type IsSame = (before: ChildSpec, after: ChildSpec) => boolean;

/** Compares plain objects and arrays by what is in them, all else (functions, machines, schemas) by identity. */
export const isSameSpec: IsSame = (before, after) => before === after || isSameObject(before, after, "services");

function isSameValue(before: unknown, after: unknown): boolean {
  if (Object.is(before, after)) return true;
  return isPlain(before) && isPlain(after) && isSameObject(before, after);
}

function isSameObject(before: object, after: object, without?: string): boolean {
  if (Array.isArray(before) !== Array.isArray(after)) return false;
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  if (without !== undefined) keys.delete(without);
  for (const key of keys) {
    if (!isSameValue(before[key as keyof object], after[key as keyof object])) return false;
  }
  return true;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}
