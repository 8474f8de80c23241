// plan.ts: the normal form of a spec, with every option checked and every default filled in.

import type { AnyActorLogic } from "xstate";
import type { ProbeRule } from "../../machines/probe.ts";
import type { ServiceRule } from "../../machines/service.ts";
import type { SupervisorRule } from "../../machines/supervisor.ts";
import type { CreateDirector } from "../contract/director.ts";
import type {
  ActorServiceSpec,
  ChildSpec,
  Condition,
  HealthCheck,
  OnFailure,
  RestartOptions,
  RunServiceSpec,
  StartServiceSpec,
  Strategy,
} from "../contract/spec.ts";

export interface ServicePlan {
  readonly name: string;
  /** The user's own object, on which its functions are called. Its options were read when the plan was made. */
  readonly spec: ChildSpec;
  readonly body: Body;
  readonly rule: ServiceRule;
  readonly options: OptionsPlan;
  readonly dependencies: readonly DependencyPlan[];
  /** null for a service. */
  readonly supervisor: SupervisorPlan | null;
}

/** What a service is beyond its numbers. Services with the defaults share one object (shared-plans.ts). */
export interface OptionsPlan {
  readonly decide: RestartOptions["decide"] | undefined;
  readonly probes: readonly ProbePlan[];
  readonly readyOnSignal: boolean;
  /** undefined: no watchdog. */
  readonly watchdogMs: number | undefined;
  /** undefined: it starts with its supervisor. */
  readonly nextRun: ((now: Date) => Date | null) | undefined;
  readonly critical: boolean;
  readonly significant: boolean;
  readonly meta: Record<string, unknown> | undefined;
}

/** The code of a service. */
export type Body =
  | { readonly kind: "run"; readonly run: RunServiceSpec["run"] }
  | { readonly kind: "start"; readonly start: StartServiceSpec["start"]; readonly stop: StartServiceSpec["stop"] }
  | {
      readonly kind: "actor";
      readonly logic: AnyActorLogic;
      readonly input: ActorServiceSpec["input"];
      readonly stopEvent: ActorServiceSpec["stopEvent"];
      readonly snapshot: unknown;
    }
  | { readonly kind: "services" };

/** The kinds of body, which are also the fields of a spec. */
export const bodyKinds = ["run", "start", "actor", "services"] as const satisfies readonly Body["kind"][];

export interface SupervisorPlan {
  /** Set: a director adds and removes its children, and rates it. */
  readonly director?: CreateDirector;
  readonly rule: SupervisorRule;
  readonly strategy: Strategy;
  readonly maxServices: number;
  /** Replaced as a whole by `redefine`. */
  services: readonly ServicePlan[];
  /** The user's own. */
  readonly meta: Record<string, unknown> | undefined;
}

export interface DependencyPlan {
  readonly name: string;
  readonly condition: Condition;
  readonly required: boolean;
  /** undefined: "restart" while the dependant holds the value of the dependency, else "ignore". */
  readonly onFailure: OnFailure | undefined;
}

export interface ProbePlan {
  /** The meaning of its verdict: ready, alive, or both. */
  readonly kind: "health" | "readiness" | "liveness";
  readonly check: HealthCheck;
  readonly rule: ProbeRule;
}
