// The README of the inspector: its tables have every option, and no others.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createSupervisor } from "../../src/index.ts";
import { bridgeXStateInspect, serveInspector } from "../../src/inspector/index.ts";

const page = readFileSync(new URL("../../src/inspector/README.md", import.meta.url), "utf8");

function optionsIn(heading: string): string[] {
  const section = page.split("\n## ").find((text) => text.startsWith(heading))!;
  return [...section.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]!);
}

it.each([
  ["Options of `serveInspector", serveInspector],
  ["Other viewers", bridgeXStateInspect],
] as const)("%s: the table has the options that are known", async (heading, serve) => {
  const supervisor = createSupervisor({ name: "app", services: [] });
  const error = await (serve as (...args: unknown[]) => Promise<unknown>)(supervisor, { nonsense: 1 }).then(
    () => new Error("it was accepted"),
    (refusal: Error) => refusal,
  );
  const [, known] = /known are (.*)$/.exec(error.message)!;
  expect(optionsIn(heading).toSorted()).toEqual(known!.split(", ").toSorted());
});
