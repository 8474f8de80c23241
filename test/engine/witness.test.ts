// A snapshot of a chart's actor can be kept: later steps do not change it.

import { expect, it } from "vitest";
import { createScenario, scripted } from "../support/scenario.ts";

it.each([
  undefined,
  () => {},
])("a snapshot of a chart can be kept, with the path for its port (inspect: %s)", async (inspect) => {
  const nested = { name: "data", services: [scripted("database").spec] };
  const { supervisor, start } = createScenario({ services: [nested] }, inspect && { inspect });
  await start();
  const { service, supervisor: own } = supervisor.actorsOf("app/data");
  expect(service!.getPersistedSnapshot()).toMatchObject({
    value: { running: "healthy" },
    context: { port: "app/data", incarnation: 1 },
  });
  expect(own!.getPersistedSnapshot()).toMatchObject({
    value: { lifecycle: "running", health: "healthy" },
    context: { port: "app/data" },
  });
  expect(supervisor.actor.getPersistedSnapshot()).toMatchObject({ context: { port: "app" } });
});
