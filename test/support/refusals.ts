// Bad definitions, and the errors with which they are refused.

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

/** The error that createSupervisor throws at a definition, which may be of any type. */
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

/** The refusal of a tree "app" with one service "api" that has these options. */
export function refusalOf(more: object): SupervisorError {
  return refusal({ name: "app", services: [{ name: "api", run, ...more }] });
}

/** Expects an error with this code and path, whose message contains each of these texts. */
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
