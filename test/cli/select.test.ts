// `up <services…>`: the part of a tree that it runs.

import { describe, expect, it } from "vitest";
import { CliError } from "../../src/cli/cli-error.ts";
import { selectServices } from "../../src/cli/config/select.ts";
import type { ChildSpec, SupervisorSpec } from "../../src/index.ts";

const run = () => {};
const database = { name: "database", run };
const tree: SupervisorSpec = {
  name: "app",
  services: [
    database,
    { name: "cache", run },
    {
      name: "web",
      dependsOn: [database],
      services: [
        { name: "api", run, dependsOn: [{ service: "pool" }] },
        { name: "pool", run },
        { name: "mail", run },
      ],
    },
    { name: "report", run, dependsOn: ["web"] },
  ],
};

function namesOf(services: readonly ChildSpec[]): unknown[] {
  return services.map((child) => (child.services ? [child.name, ...namesOf(child.services)] : child.name));
}

const select = (...paths: string[]) => namesOf(selectServices(tree, paths).services);

describe("selecting", () => {
  it("nothing is the whole tree", () => {
    expect(selectServices(tree, [])).toBe(tree);
  });

  it("a service takes what it depends on along, at every level", () => {
    expect(select("cache")).toEqual(["cache"]);
    expect(select("web/api")).toEqual(["database", ["web", "api", "pool"]]);
    expect(select("web/mail")).toEqual(["database", ["web", "mail"]]);
  });

  it("a supervisor, named or depended on, is whole", () => {
    expect(select("web")).toEqual(["database", ["web", "api", "pool", "mail"]]);
    expect(select("report")).toEqual(["database", ["web", "api", "pool", "mail"], "report"]);
    expect(select("web/mail", "web")).toEqual(["database", ["web", "api", "pool", "mail"]]);
  });

  it("takes a path with the root's name, and keeps the order of the definition", () => {
    expect(select("app/web/mail", "cache")).toEqual(["database", "cache", ["web", "mail"]]);
  });

  it("an unknown path is refused with the nearest known one", () => {
    expect(() => select("web/apj")).toThrow('there is no service "web/apj" in app; did you mean "web/api"?');
    expect(() => select("web/apj")).toThrow(CliError);
  });
});
