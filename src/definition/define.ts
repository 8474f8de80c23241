// define.ts: defineService and defineSupervisor, which give a definition its type. createSupervisor checks it.

import type { AnyActorLogic } from "xstate";
import type {
  ActorServiceSpec,
  RunServiceSpec,
  ServiceSpec,
  StartServiceSpec,
  SupervisorSpec,
} from "../contract/spec.ts";

/**
 * Returns the spec unchanged, with the type of its value: the result of its `start`, or its actor. A `run` that calls
 * `ctx.ready(value)` names the type itself: `defineService<Pool>({ … })`. Starts and checks nothing.
 * (Write `start` before `stop`: TypeScript learns the type in that order.)
 */
export function defineService<Logic extends AnyActorLogic>(spec: ActorServiceSpec<Logic>): ActorServiceSpec<Logic>;
export function defineService<Value = unknown>(spec: StartServiceSpec<Value>): StartServiceSpec<Value>;
export function defineService<Value = unknown>(spec: RunServiceSpec<Value>): RunServiceSpec<Value>;
export function defineService<Value = unknown>(
  spec: RunServiceSpec<Value> | StartServiceSpec<Value>,
): ServiceSpec<Value>;
export function defineService(spec: ServiceSpec): ServiceSpec {
  return spec;
}

/** Returns the spec unchanged. Starts and checks nothing. */
export function defineSupervisor(spec: SupervisorSpec): SupervisorSpec {
  return spec;
}
