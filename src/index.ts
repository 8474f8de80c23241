// index.ts: the entry `statevisor`: every public name of the core.

export type { By, Exit, FailureCause } from "../machines/events.ts";
export type {
  ChildDescription,
  DependencyDescription,
  ServiceDescription,
  TreeDescription,
} from "./contract/description.ts";
export { SupervisorError, type SupervisorErrorCode } from "./contract/errors.ts";
export type { Lease } from "./contract/lease.ts";
export type {
  ActorServiceSpec,
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
  ReadyOn,
  RestartOptions,
  RestartPolicy,
  RunServiceSpec,
  ServiceContext,
  ServiceOptions,
  ServiceSpec,
  StartServiceSpec,
  Strategy,
  SupervisionOptions,
  SupervisorSpec,
} from "./contract/spec.ts";
export type { Phase, ServiceState } from "./contract/states.ts";
export type {
  ErrorSummary,
  HealthReport,
  HeldValue,
  ServiceHealth,
  ServiceStatus,
  TreeStatus,
} from "./contract/status.ts";
export type { Dropped, Update } from "./contract/updates.ts";
export { defineService, defineSupervisor } from "./definition/define.ts";
export type { IsSame } from "./definition/same-spec.ts";
export type { ChartOwner, Witness } from "./engine/witness.ts";
export {
  fromSupervisor,
  type SupervisorActorEvent,
  type SupervisorActorLogic,
  type SupervisorActorSnapshot,
} from "./from-supervisor.ts";
export type { RedefineOptions, ServiceActors, Supervisor, SupervisorOptions } from "./handle.ts";
export { describeTree } from "./observation/describe.ts";
export type { Explanation } from "./observation/explain.ts";
export { listStatuses } from "./observation/status.ts";
export type { StatusView } from "./observation/view.ts";
export { type SupervisedLogic, type SupervisedOptions, type SupervisedSnapshot, supervised } from "./supervised.ts";
export { createSupervisor } from "./supervisor.ts";
export type { LogEntry, LogExtra, LogListener } from "./tree/log-watch.ts";
export type { Redefinition } from "./tree/redefine.ts";
export type { TreeExit } from "./tree/run.ts";
