// The part of the dependencies that is drawn for a service; without a browser.

import { describe, expect, it, vi } from "vitest";
import { layOutFocus, layOutFocusIn, pathsAround } from "../../src/inspector/ui/model/dependency-focus.ts";
import { layOutDependencies, unfoldedFor } from "../../src/inspector/ui/model/dependency-layout.ts";
import { diff } from "../../src/inspector/ui/model/diff.ts";
import { toTree } from "../../src/inspector/ui/model/tree.ts";
import { createScenario } from "../support/scenario.ts";

vi.mock("../../src/inspector/ui/model/text-width.ts", () => ({ textWidth: (text: string) => text.length * 7 }));

/** a ← b ← c ← d ← e, and a supervisor that depends on c; `more` services that depend on nothing. */
function treeOf(more = 0) {
  const names = ["a", "b", "c", "d", "e"];
  const { supervisor } = createScenario({
    services: [
      ...names.map((name, i) => ({ name, start: () => 1, dependsOn: i === 0 ? [] : [names[i - 1]!] })),
      { name: "inner", dependsOn: ["c"], services: [{ name: "x", start: () => 1 }] },
      ...Array.from({ length: more }, (_, i) => ({ name: `more-${i}`, start: () => 1 })),
    ],
  });
  return toTree(supervisor.describe());
}

describe("what is drawn for a service", () => {
  it("is what it depends on and what depends on it, two steps far", () => {
    const names = pathsAround("app/b", treeOf(), new Set()).map((path) => path.slice(4));
    expect(names).toEqual(["b", "a", "c", "d", "inner"]);
  });

  it("is bounded: what waits comes before what depends on nothing", () => {
    const tree = treeOf(200);
    const paths = pathsAround("app", tree, new Set(["app/more-199"]));
    expect(paths).toHaveLength(60);
    expect(paths[0]).toBe("app/more-199");
    expect(layOutFocus(paths, tree, false, 206).hidden.get("")).toBe(146);
  });

  it.each([true, false])("has no boxes over each other (tall: %s)", (isTall) => {
    const tree = treeOf(12);
    const { services, width, height, dependencies } = layOutFocus(
      pathsAround("app", tree, new Set()),
      tree,
      isTall,
      18,
    );
    expect(services).toHaveLength(18);
    expect(dependencies).toHaveLength(5);
    for (const [i, a] of services.entries()) {
      expect(a.x >= 0 && a.y >= 0 && a.x + a.width <= width && a.y + a.height <= height).toBe(true);
      for (const b of services.slice(i + 1)) {
        const isApart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(isApart, `${a.path} ${b.path}`).toBe(true);
      }
    }
  });

  it("goes the way that its room has place for", () => {
    const tree = treeOf();
    const paths = pathsAround("app/c", tree, new Set());
    const sideBySide = layOutFocus(paths, tree, false, 6);
    const below = layOutFocus(paths, tree, true, 6);
    const inRoom = (width: number, height: number) => layOutFocusIn(paths, tree, { width, height }, 6).width;
    expect(sideBySide.width).toBeGreaterThan(below.width);
    expect(inRoom(sideBySide.width + 10, sideBySide.height + 10)).toBe(sideBySide.width);
    expect(inRoom(below.height + 10, below.height + 10)).toBe(below.width);
    expect(inRoom(300, 900)).toBe(below.width);
  });

  it("with all of a large tree are folded supervisors, but for those around the selected service", () => {
    expect(unfoldedFor(treeOf(), "app/a")).toBeNull();
    const tree = treeOf(160);
    expect([...unfoldedFor(tree, "app/inner/x")!]).toEqual(["app", "app/inner/x", "app/inner"]);
    const folded = layOutDependencies(tree, unfoldedFor(tree, "app/a"));
    expect(folded.services.find(({ path }) => path === "app/inner")).toMatchObject({ isSupervisor: false, folded: 1 });
    expect(folded.services.some(({ path }) => path === "app/inner/x")).toBe(false);
  });
});

describe("a difference", () => {
  it("names each member that differs, and both values", () => {
    expect(diff({ a: 1, b: { c: [1, 2] }, d: "x" }, { a: 1, b: { c: [1, 3] }, e: null })).toEqual([
      { path: "b.c[1]", before: "2", after: "3" },
      { path: "d", before: '"x"', after: null },
      { path: "e", before: null, after: "null" },
    ]);
    expect(diff([1], [1])).toEqual([]);
    expect(diff("cut …", { a: 1 })).toEqual([{ path: "", before: '"cut …"', after: '{"a":1}' }]);
  });
});
