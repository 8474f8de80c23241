// statevisor/machines: the statecharts themselves, for XState users.

export type {
  ActorEnded,
  By,
  ChildRestarting,
  Exit,
  FailureCause,
  ProbeEvent,
  ServiceEvent,
  SupervisorEvent,
  UnitEnded,
} from "./events.ts";
export {
  type ProbeMachineContext,
  type ProbeMachineInput,
  type ProbePort,
  type ProbeRule,
  probeMachine,
} from "./probe.ts";
export {
  type ServiceMachineContext,
  type ServiceMachineInput,
  type ServicePort,
  type ServiceRule,
  serviceMachine,
} from "./service.ts";
export {
  type Failure,
  type Outcome,
  type SupervisorMachineContext,
  type SupervisorMachineInput,
  type SupervisorPort,
  type SupervisorRule,
  supervisorMachine,
} from "./supervisor.ts";
