// The normal form of a spec: every default filled in, every option checked (definition/define.ts makes it). After this nobody
// asks whether something is set.

import type { ProbeRule } from "../../machines/probe.ts";
import type { ServiceRule } from "../../machines/service.ts";
import type { SupervisorRule } from "../../machines/supervisor.ts";
import type { ChildSpec, Condition, HealthCheck, OnFailure, RestartOptions, Strategy } from "../contract/spec.ts";

export interface ServicePlan {
  readonly name: string;
  readonly spec: ChildSpec;
  readonly rule: ServiceRule;
  readonly decide: RestartOptions["decide"] | undefined;
  readonly dependencies: readonly DependencyPlan[];
  readonly probes: readonly ProbePlan[];
  readonly readyOnSignal: boolean;
  /** undefined: no watchdog. */
  readonly watchdogMs: number | undefined;
  readonly critical: boolean;
  readonly significant: boolean;
  /** null for a service. */
  readonly supervisor: SupervisorPlan | null;
}

export interface SupervisorPlan {
  readonly rule: SupervisorRule;
  readonly strategy: Strategy;
  readonly maxServices: number;
  readonly services: readonly ServicePlan[];
  /** The user's. */
  readonly meta: Record<string, unknown> | undefined;
}

export interface DependencyPlan {
  readonly name: string;
  readonly condition: Condition;
  readonly required: boolean;
  readonly onFailure: OnFailure;
}

export interface ProbePlan {
  /** What a verdict means. */
  readonly kind: "health" | "readiness" | "liveness";
  readonly check: HealthCheck;
  readonly rule: ProbeRule;
}
