// Support of the validation tests: bad definitions, and what is refused about them.

import { expect } from "vitest";
import {
  createSupervisor,
  SupervisorError,
  type SupervisorErrorCode,
  type SupervisorOptions,
  type SupervisorSpec,
} from "../../src/index.ts";

let begun = 0;

/** The body of a service that must never begin. */
export function run(): void {
  begun++;
}

/** What createSupervisor throws at a definition that a type check would refuse as well. */
export function refusal(spec: unknown, options?: unknown): SupervisorError {
  begun = 0;
  try {
    createSupervisor(spec as SupervisorSpec, options as SupervisorOptions);
  } catch (error) {
    expect(begun, "services that have begun").toBe(0);
    if (error instanceof SupervisorError) return error;
    throw new Error(`not a SupervisorError: ${String(error)}`, { cause: error });
  }
  throw new Error("expected createSupervisor to throw");
}

/** The same for a tree "app" of one service "api" with some more options. */
export function refusalOf(more: object): SupervisorError {
  return refusal({ name: "app", services: [{ name: "api", run, ...more }] });
}

/** Expects an error with this code and path, whose message says all of these things. */
export function expectRefusal(
  error: SupervisorError,
  code: SupervisorErrorCode,
  path: string,
  ...says: readonly string[]
): void {
  expect(error.code).toBe(code);
  expect(error.path).toBe(path);
  for (const part of [path, ...says]) expect(error.message).toContain(part);
}
