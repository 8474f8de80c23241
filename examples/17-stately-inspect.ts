// XState's own inspector: any `inspect` for XState fits, here that of @statelyai/inspect with an adapter of our own.
//
//   npx tsx examples/17-stately-inspect.ts
//
// With `createWebSocketInspector` or `createBrowserInspector` in its place the events go to Stately's viewer.

import { createInspector } from "@statelyai/inspect";
import { createSupervisor } from "statevisor";

const told: string[] = [];
const inspector = createInspector({
  send(event) {
    if (event.type === "@xstate.actor") told.push(`actor ${event.name}`);
    if (event.type === "@xstate.event") told.push(`event ${event.event.type}`);
  },
});

const supervisor = createSupervisor(
  { name: "app", services: [{ name: "clock", start: () => "tick" }] },
  { inspect: inspector.inspect },
);

await supervisor.start();
await supervisor.stop();
// It converts each event in a turn of its own.
while (!told.includes("event children.stopped")) await new Promise((resolve) => setImmediate(resolve));
inspector.stop();

for (const line of told.filter((line) => !line.includes("children.rated"))) console.log(line);
