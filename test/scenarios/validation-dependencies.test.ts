// createSupervisor refuses unknown and circular dependencies, and significant services that could never end.

import { describe, expect, it } from "vitest";
import { createSupervisor } from "../../src/index.ts";
import { expectRefusal, refusal, run } from "../support/refusals.ts";

function service(name: string, ...dependsOn: unknown[]): { name: string } {
  return { name, run, ...(dependsOn.length > 0 && { dependsOn }) } as { name: string };
}

function refusalOf(...services: object[]) {
  return refusal({ name: "app", services });
}

// Case 95.
describe("an unknown dependency is refused, and both services are named", () => {
  it.each<[title: string, given: unknown]>([
    ["by name", "databse"],
    ["by definition", { name: "databse", run }],
    ["with a condition", { service: "databse", condition: "started" }],
    ["with a condition, by definition", { service: { name: "databse", run } }],
  ])("an unknown dependency given as %s is refused, with the nearest name", (_title, given) => {
    const error = refusalOf(service("database"), service("api", given));
    expectRefusal(error, "ERR_UNKNOWN_DEPENDENCY", "app/api", '"databse"', 'did you mean "database"?');
  });

  it("an unknown dependency that is near to no name is refused, with the siblings listed", () => {
    const error = refusalOf(service("db"), service("cache"), service("api", "message-broker"));
    expectRefusal(error, "ERR_UNKNOWN_DEPENDENCY", "app/api", '"message-broker"', "siblings are db, cache");
  });

  it("an unknown dependency of an only child is refused, and the message says that there are no siblings", () => {
    expectRefusal(refusalOf(service("api", "message-broker")), "ERR_UNKNOWN_DEPENDENCY", "app/api", "none");
  });

  it("a dependency that is not a sibling is refused: the parent, a nephew, a path", () => {
    const web = { name: "web", services: [service("proxy")] };
    for (const name of ["app", "proxy", "web/proxy", "app/web"]) {
      expectRefusal(refusalOf(web, service("api", name)), "ERR_UNKNOWN_DEPENDENCY", "app/api", `"${name}"`);
    }
  });

  it("an unknown dependency of a nested supervisor, and inside of one, is refused", () => {
    const outside = refusalOf(service("db"), { name: "web", services: [], dependsOn: ["dbx"] });
    expectRefusal(outside, "ERR_UNKNOWN_DEPENDENCY", "app/web", '"dbx"', 'did you mean "db"?');
    const inside = refusalOf(service("db"), { name: "web", services: [service("proxy", "db")] });
    expectRefusal(inside, "ERR_UNKNOWN_DEPENDENCY", "app/web/proxy", '"db"');
  });
});

// Case 94.
describe("services that wait for each other are refused, with the cycle printed", () => {
  it.each<[title: string, services: object[], cycle: string]>([
    ["itself", [service("a", "a")], "a -> a"],
    ["two", [service("a", "b"), service("b", "a")], "a -> b -> a"],
    ["three", [service("a", "b"), service("b", "c"), service("c", "a")], "a -> b -> c -> a"],
    ["beside a way into it", [service("x", "a"), service("a", "b"), service("b", "a")], "a -> b -> a"],
    ["beside a way out of it", [service("x"), service("a", "x", "b"), service("b", "x", "a")], "a -> b -> a"],
    ["defined after what is fine", [service("x"), service("y", "x"), service("a", "a")], "a -> a"],
    [
      "where nothing is required",
      [service("a", { service: "b", required: false }), service("b", { service: "a", required: false })],
      "a -> b -> a",
    ],
    [
      "of other conditions",
      [service("a", { service: "b", condition: "completed" }), service("b", { service: "a", condition: "started" })],
      "a -> b -> a",
    ],
  ])("%s", (_title, services, cycle) => {
    const error = refusalOf(...services);
    expectRefusal(error, "ERR_DEPENDENCY_CYCLE", "app", cycle);
    expect(error.message).not.toContain("x ->");
  });

  it("a cycle in a nested supervisor is refused", () => {
    const error = refusalOf({ name: "web", services: [service("a", "b"), service("b", "a")] });
    expectRefusal(error, "ERR_DEPENDENCY_CYCLE", "app/web", "a -> b -> a");
  });

  it("a diamond is accepted", () => {
    const services = [service("d"), service("b", "d"), service("c", "d"), service("a", "b", "c")];
    expect(() => createSupervisor({ name: "app", services } as never)).not.toThrow();
  });

  it("a dependency on a service that is defined later is accepted", () => {
    const services = [service("a", "b"), service("b")];
    expect(() => createSupervisor({ name: "app", services } as never)).not.toThrow();
  });
});

describe("a chain of 20,000 dependencies", () => {
  const length = 20_000;
  const chain = (last: unknown[]) =>
    Array.from({ length }, (_, n) => service(`s${n}`, ...(n + 1 < length ? [`s${n + 1}`] : last)));

  it("a chain of 20,000 dependencies is accepted", () => {
    expect(() => createSupervisor({ name: "app", services: chain([]) } as never)).not.toThrow();
  });

  it("a cycle of 20,000 dependencies is refused, and printed", () => {
    const error = refusalOf(...chain(["s0"]));
    expect(error.code).toBe("ERR_DEPENDENCY_CYCLE");
    expect(error.message).toContain("s0 -> s1 -> s2");
    expect(error.message).toContain(`s${length - 1} -> s0`);
  });
});

describe("a dependency in a wrong form is refused", () => {
  it.each<[title: string, dependsOn: unknown, says: string[]]>([
    ["no array", "db", ["dependsOn must be an array", 'got "db" (string)']],
    ["one service", service("db"), ["dependsOn must be an array", "got an object with name, run"]],
    ["null", null, ["dependsOn must be an array", "got null"]],
    ["an array of null", [null], ["dependsOn[] must be the name of a sibling", "got null"]],
    ["an array of numbers", [7], ["dependsOn[] must be the name of a sibling", "got 7 (number)"]],
    ["an object without a service", [{ condition: "healthy" }], ["dependsOn[] must be the name of a sibling"]],
    ["a service of undefined", [{ service: undefined }], ["dependsOn[] must be the name of a sibling", "undefined"]],
    [
      "an unknown condition",
      [{ service: "db", condition: "ready" }],
      ['condition must be one of "started", "healthy", "completed"', 'got "ready" (string)'],
    ],
    [
      "an unknown reaction",
      [{ service: "db", onFailure: "restrat" }],
      ['onFailure must be one of "ignore", "stop", "restart"', 'did you mean "restart"?'],
    ],
    [
      "required that is no boolean",
      [{ service: "db", required: "no" }],
      ["required must be true or false", 'got "no" (string)'],
    ],
  ])("%s", (_title, dependsOn, says) => {
    const error = refusalOf(service("db"), { name: "api", run, dependsOn });
    expectRefusal(error, "ERR_INVALID_SPEC", "app/api", ...says);
  });

  it("a dependency that is given twice, in whatever form, is refused", () => {
    const db = service("db");
    for (const again of ["db", db, { service: "db" }, { service: db, condition: "started" }]) {
      const error = refusalOf(db, service("api", "db", again));
      expectRefusal(error, "ERR_INVALID_SPEC", "app/api", '"db"', "twice");
    }
  });
});

// Case 147.
describe("a significant service that could never end its supervisor is refused", () => {
  const tree = (autoShutdown: unknown, restart: unknown) =>
    ({ name: "app", autoShutdown, services: [{ name: "api", run, significant: true, restart }] }) as never;

  it.each([
    "any-significant",
    "all-significant",
  ])("a significant service with always, under %s, is refused", (autoShutdown) => {
    for (const restart of ["always", { policy: "always" }]) {
      const error = refusal(tree(autoShutdown, restart));
      expectRefusal(error, "ERR_INVALID_SPEC", "app/api", "significant", 'got "always"', '"on-failure" or "never"');
    }
  });

  it.each([
    "on-failure",
    "never",
    undefined,
  ])("a significant service with %s, under a supervisor that never shuts down, is refused", (restart) => {
    for (const autoShutdown of ["never", undefined]) {
      const error = refusal(tree(autoShutdown, restart));
      expectRefusal(error, "ERR_INVALID_SPEC", "app/api", "significant", "autoShutdown", 'got "never"');
    }
  });

  it.each([
    "on-failure",
    "never",
    undefined,
  ])("a significant service with %s, under a supervisor that shuts down, is accepted", (restart) => {
    for (const autoShutdown of ["any-significant", "all-significant"]) {
      expect(() => createSupervisor(tree(autoShutdown, restart))).not.toThrow();
    }
  });

  it("a nested supervisor is judged by its parent's autoShutdown, not by its own", () => {
    const web = { name: "web", services: [], significant: true, autoShutdown: "any-significant" };
    expectRefusal(refusalOf(web), "ERR_INVALID_SPEC", "app/web", "significant", "autoShutdown");
    const parent = { name: "app", services: [{ ...web, autoShutdown: "never" }], autoShutdown: "any-significant" };
    expect(() => createSupervisor(parent as never)).not.toThrow();
  });
});
