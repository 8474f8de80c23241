// same.ts: whether a service of a config that was read again says the same as the one that runs.

import type { IsSame } from "../../index.ts";
import { madeFrom } from "../../node/index.ts";

const made = new WeakMap<object, unknown>();

/** Notes what the command has made a value from, where that says more than the value. */
export function noteMade(value: object, from: unknown): void {
  made.set(value, from);
}

function madeHere(value: unknown): unknown {
  return typeof value === "function" ? made.get(value) : undefined;
}

/**
 * Compares processes, workers and probes by what they were made from, and plain data by what is in it. Functions of the
 * user's are the same only by identity: whether the code of a module has changed cannot be seen, so it counts as changed.
 */
export const isSameInConfig: IsSame = (before, after, compare) => {
  const [ours, theirs] = [madeHere(before), madeHere(after)];
  if (ours !== undefined && theirs !== undefined) return compare(ours, theirs);
  const [one, other] = [madeFrom(before), madeFrom(after)];
  if (one !== undefined && other !== undefined) return one.maker === other.maker && compare(one.args, other.args);
  return isTextual(before) && isTextual(after) ? String(before) === String(after) : undefined;
};

function isTextual(value: unknown): value is RegExp | URL {
  return value instanceof RegExp || value instanceof URL;
}
