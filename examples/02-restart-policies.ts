// The restart policy decides whether a service comes back, by how it ended: it returned, or it threw.

import { createSupervisor, defineService, type RestartPolicy } from "statevisor";

const policies: RestartPolicy[] = ["always", "on-failure", "never"];
const whatFollows = new Map<string, string>();
const quit = new AbortController();

/** A service whose first incarnation ends at once; a second one would stay until it is asked to stop. */
function define(policy: RestartPolicy, end: "returns" | "throws") {
  return defineService({
    name: `${policy}.${end}`,
    restart: { policy, initialBackoffMs: 10 },
    run({ incarnation, signal }) {
      if (incarnation > 1) return new Promise((resolve) => signal.addEventListener("abort", resolve));
      if (end === "throws") throw new Error("a bug");
    },
  });
}

const services = policies.flatMap((policy) => [define(policy, "returns"), define(policy, "throws")]);
const supervisor = createSupervisor({ name: "policies", services });

supervisor.on("status", ({ path, to, incarnation }) => {
  if (whatFollows.size === services.length) return;
  const name = path.replace("policies/", "");
  if (to === "stopped" || to === "failed") whatFollows.set(name, to);
  if (to === "running" && incarnation === 2) whatFollows.set(name, "restarted");
  if (whatFollows.size === services.length) quit.abort();
});

// A "never" service that fails does not fail the tree: unless `critical: true` says so, it only degrades its health.
await supervisor.run({ signal: quit.signal });

console.log("restart:      it returns   it throws");
for (const policy of policies) {
  const [returned, threw] = [whatFollows.get(`${policy}.returns`), whatFollows.get(`${policy}.throws`)];
  console.log(`${policy.padEnd(12)}  ${returned?.padEnd(11)}  ${threw}`);
}
