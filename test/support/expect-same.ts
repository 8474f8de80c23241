// A comparison that is made a million times: cheap as long as both sides are equal.

import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";

export function expectSame(actual: unknown, expected: unknown, where: () => string): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual, where()).toEqual(expected);
}
