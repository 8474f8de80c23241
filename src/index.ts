// statevisor: supervision trees made of statecharts. Every public name of the core, once.

export type { By, Exit, FailureCause } from "../machines/events.ts";
export { type ActorServiceSpec, defineService, defineSupervisor } from "./define.ts";
export {
  type ChildDescription,
  type DependencyDescription,
  describeTree,
  type ServiceDescription,
  type TreeDescription,
} from "./describe.ts";
export { SupervisorError, type SupervisorErrorCode } from "./errors.ts";
export type { Explanation } from "./explain.ts";
export type { TreeExit } from "./root.ts";
export type {
  AutoShutdown,
  ChildSpec,
  Clock,
  Condition,
  Decision,
  Dependency,
  HealthCheck,
  Intensity,
  Logger,
  OnFailure,
  Probe,
  ProbeContext,
  ProbeOptions,
  ProbeSpec,
  RestartOptions,
  RestartPolicy,
  ServiceContext,
  ServiceSpec,
  Strategy,
  SupervisionOptions,
  SupervisorSpec,
} from "./spec.ts";
export type { HealthReport, ServiceHealth, ServiceStatus, TreeStatus } from "./status.ts";
export { createSupervisor, type ServiceActors, type Supervisor, type SupervisorOptions } from "./supervisor.ts";
export type { Dropped, ServiceState, Update } from "./updates.ts";
