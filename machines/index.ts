// statevisor/machines: the statecharts themselves, for XState users.

import type { ActorRefFrom } from "xstate";
import { membershipChart } from "./membership.ts";
import { type ProbeMachine, probeChart } from "./probe.ts";
import { roleChart } from "./role.ts";
import { type ServiceMachine, serviceChart } from "./service.ts";
import { serviceParts } from "./service-parts.ts";
import { type SupervisorMachine, supervisorChart } from "./supervisor.ts";
import { supervisorParts } from "./supervisor-parts.ts";
import { toDelays } from "./to-xstate.ts";

export { chartEvents, chartKey } from "./chart-events.ts";
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

export type { ProbeMachine, ServiceMachine, SupervisorMachine };
/** Actors of the machines, as `supervisor.actorsOf(path)` returns them. */
export type ServiceActorRef = ActorRefFrom<ServiceMachine>;
export type SupervisorActorRef = ActorRefFrom<SupervisorMachine>;
export type ProbeActorRef = ActorRefFrom<ProbeMachine>;

/** The life of one service, over all its incarnations. */
export const serviceMachine = serviceChart.machine().provide({ delays: toDelays(serviceParts.delays) });
/** One supervisor and the order of its children. */
export const supervisorMachine = supervisorChart.machine().provide({ delays: toDelays(supervisorParts.delays) });
/** One repeated question about one service, with thresholds. */
export const probeMachine = probeChart.machine();
/** The session of one node in its cluster. */
export const membershipMachine = membershipChart.machine();
/** One role of a cluster, or one shard of it, on one node. */
export const roleMachine = roleChart.machine();

// The policies: pure functions and tables, of use in other machines, too.
export { type BackoffRule, nextDelayMs } from "./policies/backoff.ts";
export {
  type Condition,
  type ConditionVerdict,
  type DependencyState,
  judgeCondition,
  judgeGate,
} from "./policies/gate.ts";
export { type Health, type HealthTally, judgeHealth, type Rating } from "./policies/health.ts";
export { exceedsIntensity, type Intensity, restartsLeft, restartsWithin } from "./policies/intensity.ts";
export {
  countFailures,
  type Decision,
  decideRestart,
  type OwnEnd,
  type RestartPolicy,
  type RestartVerdict,
  restartTable,
} from "./policies/restart.ts";
export { type AutoShutdown, decideShutdown } from "./policies/shutdown.ts";
export { type Strategy, selectGroup } from "./policies/strategy.ts";
export { type Statechart, type StatechartState, type StatechartTransition, toStatechart } from "./statechart.ts";
