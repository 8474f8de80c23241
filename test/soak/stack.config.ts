// The stack of the examples as the soak runs it: without a limit of retries, and with a service that writes, which is
// another one for each generation that the file of SOAK_GENERATION names.

import { readFileSync } from "node:fs";
import { defineSupervisor, type ServiceSpec } from "statevisor";
import { defineProcess } from "statevisor/node";
import stack from "../../examples/stack/statevisor.config.ts";

/** Writes a line every 100 ms; after SIGUSR2, as much as it can for 3 seconds. */
const chatterProgram = `
let floodsUntil = 0;
process.on("SIGUSR2", () => { floodsUntil = Date.now() + 3000; flood(); });
const page = ("x".repeat(99) + "\\n").repeat(1000);
function flood() {
  if (Date.now() > floodsUntil) return;
  if (process.stdout.write(page)) setImmediate(flood);
  else process.stdout.once("drain", flood);
}
setInterval(() => console.log("all is well at " + Date.now()), 100);
`;

const chatter = defineProcess({
  name: "chatter",
  command: [process.execPath, "-e", chatterProgram],
  env: { GENERATION: readFileSync(process.env.SOAK_GENERATION ?? "/dev/null", "utf8") },
  critical: false,
  restart: { maxRetries: Number.POSITIVE_INFINITY, maxBackoffMs: 2_000 },
});

function withoutLimit(service: ServiceSpec): ServiceSpec {
  const { restart } = service;
  const given = typeof restart === "object" ? restart : {};
  return { ...service, restart: { ...given, maxRetries: Number.POSITIVE_INFINITY, maxBackoffMs: 2_000 } };
}

export default defineSupervisor({
  ...stack,
  services: [...stack.services.map((service) => withoutLimit(service as ServiceSpec)), chatter],
});
