// watchLog: what a listener sees of the entries that services log.

import { expect, it } from "vitest";
import type { LogEntry } from "../../src/index.ts";
import { createScenario } from "../support/scenario.ts";

/** A tree whose service logs when it starts. */
function createTalker() {
  return createScenario({
    services: [
      {
        name: "talker",
        start({ log }) {
          log.info({ a: 1 }, "first");
          log.child({ job: 7 }).error({ a: 2 }, "second");
        },
      },
    ],
  });
}

it("a listener sees each entry of a service, with its path, its incarnation and what it is bound to", async () => {
  const { supervisor, start } = createTalker();
  const seen: LogEntry[] = [];
  const remove = supervisor.watchLog((entry) => seen.push(entry));
  await start();
  const place = { path: "app/talker", incarnation: 1 };
  expect(seen).toEqual([
    { ...place, level: "info", data: { a: 1 }, message: "first" },
    { ...place, level: "error", data: { job: 7, a: 2 }, message: "second" },
  ]);
  remove();
  await supervisor.restartService("app/talker");
  expect(seen).toHaveLength(2);
});

it("a listener that throws harms neither the service nor the other listeners", async () => {
  const { supervisor, start } = createTalker();
  const seen: string[] = [];
  supervisor.watchLog(() => {
    throw new Error("a broken listener");
  });
  supervisor.watchLog(({ message }) => seen.push(message));
  await start();
  expect(seen).toEqual(["first", "second"]);
  expect(supervisor.status("app/talker").state).toBe("running");
});
