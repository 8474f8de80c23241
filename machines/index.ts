// statevisor/machines: the statecharts themselves, for XState users.

import { membershipChart } from "./membership.ts";
import { probeChart } from "./probe.ts";
import { roleChart } from "./role.ts";
import { serviceChart } from "./service.ts";
import { supervisorChart } from "./supervisor.ts";

export type {
  ActorEnded,
  By,
  ChildRestarting,
  Exit,
  FailureCause,
  MembershipEvent,
  ProbeEvent,
  RoleEvent,
  ServiceEvent,
  SupervisorEvent,
  UnitEnded,
} from "./events.ts";
export type {
  MembershipMachineContext,
  MembershipMachineInput,
  MembershipOutcome,
  MembershipPort,
} from "./membership.ts";
export type {
  ProbeMachineContext,
  ProbeMachineInput,
  ProbePort,
  ProbeRule,
} from "./probe.ts";
export type { Grant, Release, RoleMachineContext, RoleMachineInput, RolePort, RoleRule } from "./role.ts";
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
/** The session of one node in its cluster. */
export const membershipMachine = membershipChart.machine();
/** One role of a cluster, or one shard of it, on one node. */
export const roleMachine = roleChart.machine();
export { type Statechart, type StatechartState, type StatechartTransition, toStatechart } from "./statechart.ts";
