// each-service.ts: changes several services of the running tree for a client, and tells it meanwhile what it waits for.

import { SupervisorError } from "../../contract/errors.ts";
import type { Supervisor } from "../../index.ts";
import { type Call, schemaVersion, toFailure } from "./call.ts";
import { describeAge } from "./config-age.ts";
import type { Running } from "./running.ts";

/** How often the client of a change is sent what the change waits for, in milliseconds. */
const patienceMs = 5_000;

/** With `rolling`, what is below a supervisor is restarted one after another, each healthy before the next. */
export async function restart(supervisor: Supervisor, path: string, { rolling, notice }: Call): Promise<void> {
  const status = supervisor.status(path);
  if (!rolling || !("services" in status)) return supervisor.restartService(path);
  for (const [at, { path: instance }] of status.services.entries()) {
    notice(`${instance} restarts (${at + 1} of ${status.services.length})`);
    await supervisor.restartService(instance);
  }
}

/** Changes all services at once: the tree orders those that depend on each other. An unknown name changes none. */
export async function eachService(
  { config, supervisor }: Running,
  call: Call,
  act: (path: string) => Promise<void>,
): Promise<boolean> {
  const age = describeAge(config.read);
  if (age !== undefined) call.notice(age);
  for (const service of call.services) {
    if (supervisor.status(service).path !== supervisor.name) continue;
    const hint = "`statevisor down` stops it, `statevisor up` starts it";
    throw new SupervisorError("ERR_UNKNOWN_SERVICE", `${service} is the whole tree and no service of it: ${hint}`);
  }
  const before = new Map(call.services.map((service) => [service, supervisor.status(service).state]));
  const pending = new Set(call.services);
  const stopTelling = tellWaits(supervisor, pending, call);
  const results = await Promise.all(
    call.services.map((service) =>
      act(service)
        .then(
          () => ({ service, ok: true as const, before: before.get(service), ...standing(supervisor, service) }),
          (error) => ({ service, ok: false as const, error: toFailure(error) }),
        )
        .finally(() => pending.delete(service)),
    ),
  ).finally(stopTelling);
  for (const result of results) call.send({ schemaVersion, ...result });
  return results.every(({ ok }) => ok);
}

/** Tells a client that waits, now and then, what for. Returns what ends that. */
export function tellWaits(supervisor: Supervisor, services: ReadonlySet<string>, call: Call): () => void {
  const ticker = setInterval(() => {
    for (const service of services) {
      const summary = summaryOf(supervisor, service);
      if (summary !== undefined) call.notice(`${service}: ${summary}`);
    }
  }, patienceMs);
  return () => clearInterval(ticker);
}

/** undefined for a service that is not there, yet or any more. */
export function summaryOf(supervisor: Supervisor, service: string): string | undefined {
  try {
    return supervisor.explain(service).summary;
  } catch {
    return undefined;
  }
}

/** How a change has left a service: a stop leaves one that had completed as it was. */
function standing(supervisor: Supervisor, service: string) {
  const { state, phase } = supervisor.status(service);
  return { state, phase };
}
