// Scenarios: a tree on a simulated clock with a record of its updates. After each test the tree is stopped, and must leave
// nothing behind: no timer, no live service.

import { expect, onTestFinished } from "vitest";
import {
  createSupervisor,
  type Exit,
  type ServiceSpec,
  type Supervisor,
  type SupervisorOptions,
  type SupervisorSpec,
} from "../../src/index.ts";
import {
  createScriptedService,
  createSimulatedClock,
  recordUpdates,
  type ScriptedService,
  type SimulatedClock,
  type UpdateRecord,
} from "../../src/testing/index.ts";
import { drive } from "./promises.ts";

export interface Scenario {
  readonly supervisor: Supervisor;
  readonly clock: SimulatedClock;
  readonly record: UpdateRecord;
  /**
   * The facts since the last call, in order, as short words: `"api starting"`, `"api backoff 1000"`, `"app escalation
   * ERR_INTENSITY"`. Changes of phase and of health alone are left out. `paths` selects services, without the root's name.
   */
  facts(...paths: string[]): string[];
  /** Starts the tree and waits until it is up, while time stands still. */
  start(): Promise<void>;
  /** Stops the tree, moving time until it has stopped. */
  stop(): Promise<void>;
}

let scenarios: Scenario[] = [];
let services: ScriptedService[] = [];

/** A scripted service that must not be live when the test is over. */
export function scripted(name: string, spec: Partial<ServiceSpec> = {}): ScriptedService {
  const service = createScriptedService(name, spec);
  checkAfterTest();
  services.push(service);
  return service;
}

/** With INSPECT set, every scenario is inspected: XState's own interpreter runs the charts, not the engine. */
const inspected = process.env.INSPECT ? { inspect: () => {} } : {};

/**
 * A tree called "app" on a simulated clock, with a chance of always 0.5, which makes jitter add nothing. After the test
 * it is stopped and checked.
 */
export function createScenario(
  spec: Omit<SupervisorSpec, "name"> & { name?: string },
  options: SupervisorOptions = {},
): Scenario {
  const clock = createSimulatedClock();
  const supervisor = createSupervisor({ name: "app", ...spec }, { clock, random: () => 0.5, ...inspected, ...options });
  const record = recordUpdates(supervisor);
  let reported = 0;
  const scenario: Scenario = {
    supervisor,
    clock,
    record,
    facts(...paths) {
      const from = reported;
      reported = record.updates.length;
      return toFacts(record, supervisor.name, from).flatMap(([path, fact]) =>
        paths.length === 0 || paths.includes(path) ? [fact] : [],
      );
    },
    start: () => drive(clock, supervisor.start(), 0),
    stop: () => drive(clock, supervisor.stop()),
  };
  checkAfterTest();
  scenarios.push(scenario);
  return scenario;
}

function toFacts(record: UpdateRecord, root: string, from: number): [path: string, fact: string][] {
  return record.updates.slice(from).flatMap((update): [string, string][] => {
    const path = update.path.startsWith(`${root}/`) ? update.path.slice(root.length + 1) : update.path;
    switch (update.type) {
      case "status":
        if (update.from === update.to) return [];
        return [[path, `${path} ${update.to}${update.delayMs === undefined ? "" : ` ${update.delayMs}`}`]];
      case "escalation":
        return [[path, `${path} escalation ${update.error.code}`]];
      case "unstopped":
        return [[path, `${path} unstopped`]];
      case "late":
        return [[path, `${path} late ${update.outcome}`]];
      default:
        return [];
    }
  });
}

/** How the incarnations of a path ended, in order, according to its updates. */
export function exitsOf({ record }: Pick<Scenario, "record">, path: string): Exit[] {
  return record.updates.flatMap((update) =>
    update.type === "status" && update.path === path && update.exit ? [update.exit] : [],
  );
}

/** The delays of the backoffs of a path, in order. */
export function delaysOf({ record }: Pick<Scenario, "record">, path = "app/a"): (number | undefined)[] {
  return record.updates.flatMap((update) =>
    update.type === "status" && update.to === "backoff" && update.path === path ? [update.delayMs] : [],
  );
}

/** Has the current test checked once it has finished. A hook per test works when several test files share this module. */
function checkAfterTest(): void {
  if (scenarios.length + services.length === 0) onTestFinished(stopAndCheck);
}

async function stopAndCheck(): Promise<void> {
  const [trees, scripts] = [scenarios, services];
  scenarios = [];
  services = [];
  for (const { stop } of trees) await stop();
  for (const { clock, record, supervisor } of trees) {
    record.stop();
    expect(["stopped", "failed"], `${supervisor.name} is over`).toContain(supervisor.status().state);
    expect(clock.pending, `timers that ${supervisor.name} left behind`).toBe(0);
  }
  for (const script of scripts) expect(script.live, `live incarnations of ${script.spec.name}`).toBe(0);
}
