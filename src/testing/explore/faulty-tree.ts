// faulty-tree.ts: a tree of the user's, wrapped so that faults can happen to each of its services.

import type { ChildSpec, Clock, ServiceSpec, Supervisor, SupervisorSpec } from "../../index.ts";
import type { PlannedFault } from "./faults.ts";
import { FaultyService } from "./faulty-service.ts";

export class FaultyTree {
  readonly spec: SupervisorSpec;
  readonly #services = new Map<string, FaultyService>();
  /** The wrapped definition of each of the user's. */
  readonly #wrapped = new Map<object, ServiceSpec>();
  readonly #clock: Clock;

  constructor(spec: SupervisorSpec, clock: Clock) {
    this.#clock = clock;
    this.spec = this.#wrap(spec, spec.name) as SupervisorSpec;
  }

  #wrap(spec: ChildSpec, path: string): ChildSpec {
    if (spec.services !== undefined) {
      return { ...spec, services: spec.services.map((child) => this.#wrap(child, `${path}/${child.name}`)) };
    }
    const service = new FaultyService(spec, this.#clock, (own) => this.#wrapped.get(own) ?? own);
    this.#services.set(path, service);
    this.#wrapped.set(spec, service.spec);
    return service.spec;
  }

  suffer(fault: PlannedFault): void {
    this.#services.get(fault.path)?.suffer(fault);
  }

  /** From here on no fault happens, and what hangs goes on. */
  calm(): void {
    for (const service of this.#services.values()) service.calm();
  }

  /** The handle, which knows services by the user's own definitions, too. */
  toHandle(supervisor: Supervisor): Supervisor {
    const use = (service: string | ServiceSpec) =>
      supervisor.use((typeof service === "object" ? (this.#wrapped.get(service) ?? service) : service) as never);
    return new Proxy(supervisor, {
      get: (target, key) => {
        if (key === "use") return use;
        const member: unknown = Reflect.get(target, key);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
  }
}

/** Every service of a tree by its path: supervisors are left out. */
export function servicesOf(spec: SupervisorSpec): Map<string, ChildSpec> {
  const found = new Map<string, ChildSpec>();
  const visit = (children: readonly ChildSpec[], parent: string): void => {
    for (const child of children) {
      const path = `${parent}/${child.name}`;
      if (child.services === undefined) found.set(path, child);
      else visit(child.services, path);
    }
  };
  visit(spec.services, spec.name);
  return found;
}
