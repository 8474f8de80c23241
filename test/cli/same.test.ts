// What a reload takes for the same, of services whose functions are made anew each time the config is read.

import { expect, it } from "vitest";
import { isSameInConfig } from "../../src/cli/config/same.ts";
import { isSameSpec } from "../../src/definition/same-spec.ts";
import type { ServiceSpec } from "../../src/index.ts";
import { defineProcess, defineWorker, execProbe, httpProbe } from "../../src/node/index.ts";

const web = (level: string, seconds = 1) =>
  defineProcess({
    name: "web",
    command: ["node", "web.js"],
    env: { LEVEL: level },
    readyOn: /listening/,
    health: httpProbe("http://127.0.0.1:80/"),
    readiness: execProbe(["test", String(seconds)]),
  });
const thread = (file: string) => defineWorker({ name: "thread", file: new URL(file, import.meta.url) });
const isSame = (before: ServiceSpec, after: ServiceSpec) => isSameSpec(before, after, isSameInConfig);

it("a process, a worker and a probe are the same when their options are", () => {
  expect(isSame(web("1"), web("1"))).toBe(true);
  expect(isSame(web("1"), web("2"))).toBe(false);
  expect(isSame(web("1"), web("1", 2))).toBe(false);
  expect(isSame(thread("a.js"), thread("a.js"))).toBe(true);
  expect(isSame(thread("a.js"), thread("b.js"))).toBe(false);
});

it("a copy of a process with another option still knows its program", () => {
  const copy = (level: string, critical: boolean) => ({ ...web(level), critical });
  expect(isSame(copy("1", false), copy("1", false))).toBe(true);
  expect(isSame(copy("1", false), copy("1", true))).toBe(false);
  expect(isSame(copy("1", false), copy("2", false))).toBe(false);
});

it("a function of the user's is another one each time, since its code may be", () => {
  const service = () => ({ name: "a", run: async () => {} }) as ServiceSpec;
  expect(isSame(service(), service())).toBe(false);
  const same = service();
  expect(isSame(same, { ...same })).toBe(true);
});
