// statevisor/machines: the statecharts themselves, for XState users.

import { probeChart } from "./probe.ts";
import { serviceChart } from "./service.ts";
import { supervisorChart } from "./supervisor.ts";

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
export type {
  ProbeMachineContext,
  ProbeMachineInput,
  ProbePort,
  ProbeRule,
} from "./probe.ts";
export type {
  ServiceMachineContext,
  ServiceMachineInput,
  ServicePort,
  ServiceRule,
} from "./service.ts";
export type {
  Failure,
  Outcome,
  SupervisorMachineContext,
  SupervisorMachineInput,
  SupervisorPort,
  SupervisorRule,
} from "./supervisor.ts";

/** The life of one service, over all its incarnations. */
export const serviceMachine = serviceChart.machine();
/** One supervisor and the order of its children. */
export const supervisorMachine = supervisorChart.machine();
/** One repeated question about one service, with thresholds. */
export const probeMachine = probeChart.machine();
export { type Statechart, type StatechartState, type StatechartTransition, toStatechart } from "./statechart.ts";
