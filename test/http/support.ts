// Trees with scripted services on the simulated clock, and their health handler.

import { createHealthHandler, type HealthHandler } from "../../src/http/index.ts";
import { createSupervisor, type ServiceSpec, type Supervisor, type SupervisorSpec } from "../../src/index.ts";
import { createScriptedService, createSimulatedClock, type SimulatedClock } from "../../src/testing/index.ts";

export interface Stage {
  readonly supervisor: Supervisor;
  readonly handler: HealthHandler;
  readonly clock: SimulatedClock;
  /** Sends a request by `fetch` of the handler. */
  get(path: string, method?: string): Promise<{ status: number; text: string; type: string | null; headers: Headers }>;
}

export function createStage(spec: Omit<SupervisorSpec, "name">): Stage {
  const clock = createSimulatedClock();
  const supervisor = createSupervisor({ name: "shop", ...spec }, { clock, random: () => 0.5 });
  const handler = createHealthHandler(supervisor);
  return {
    supervisor,
    handler,
    clock,
    async get(path, method = "GET") {
      const response = handler.fetch(new Request(`http://localhost${path}`, { method }));
      const { status, headers } = response;
      return { status, headers, type: headers.get("content-type"), text: await response.text() };
    },
  };
}

export function scripted(name: string, spec: Partial<ServiceSpec> = {}) {
  return createScriptedService(name, { restart: { jitter: false }, ...spec });
}
