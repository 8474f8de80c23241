// supervised: actor logic that restarts its child by the policies of this library, for machines that invoke or spawn it.
// Its life is the service chart, run by XState; supervised-port.ts is the port of that chart.

import type {
  ActorLogic,
  ActorRefFrom,
  ActorScope,
  AnyActorLogic,
  AnyActorRef,
  AnyEventObject,
  EmittedFrom,
  EventFromLogic,
  InputFrom,
  OutputFrom,
  Snapshot,
  StateValue,
} from "xstate";
import { once } from "../machines/once.ts";
import { type ServiceMachineContext, type ServiceRule, serviceChart } from "../machines/service.ts";
import { serviceParts } from "../machines/service-parts.ts";
import { toDelays } from "../machines/to-xstate.ts";
import type { SupervisionOptions } from "./contract/spec.ts";
import { planRestart } from "./definition/plan-restart.ts";
import { stopType } from "./engine/xstate.ts";
import { SupervisedPort } from "./supervised-port.ts";

export interface SupervisedOptions {
  /**
   * Whether and how the child comes back after an end, as in a definition.
   *
   * @default "on-failure"
   */
  readonly restart?: SupervisionOptions["restart"];
  /**
   * [0, 1): the jitter of the delays.
   *
   * @default Math.random
   */
  readonly random?: () => number;
}

/** The snapshot of a supervised actor: that of the service chart, and the child. */
export type SupervisedSnapshot<Logic extends AnyActorLogic> = Snapshot<OutputFrom<Logic>> & {
  /** The state of the service chart: `{ running: "healthy" }`, `{ backoff: "counting" }`, … */
  readonly value: StateValue;
  /** Its context: `incarnation`, `restarts`, `failures`, `nextAttemptAt`, `exit` and more. */
  readonly context: ServiceMachineContext;
  /** The actor of the newest incarnation. */
  readonly child: ActorRefFrom<Logic> | undefined;
  readonly children: Readonly<Record<string, AnyActorRef>>;
};

export type SupervisedLogic<Logic extends AnyActorLogic> = ActorLogic<
  SupervisedSnapshot<Logic>,
  EventFromLogic<Logic>,
  InputFrom<Logic>,
  AnyActorRef["system"],
  EmittedFrom<Logic>
>;

const machineOf = once(() => serviceChart.machine().provide({ delays: toDelays(serviceParts.delays) }));

/**
 * Returns logic that runs `logic` and starts it again when it ends, as `restart` says: for `invoke` and `spawnChild`, and
 * as the `actor` of a service. Each incarnation is given the same input.
 *
 * Its parent hears of the end alone: it is done, with the output of the child, when the child is done and is not to come
 * back; it is in error when the retries are used up (ERR_GAVE_UP, with the last error as `cause`), or with the child's own
 * error where the policy does not bring it back. In between it is active, and its snapshot says what it does.
 *
 * Events that it is sent go to the child, and are dropped while there is none, in a backoff. Events that the child sends
 * to its parent, and events that it emits, go on to the parent and the listeners of this actor. Delays follow the clock of
 * the actor system. A restart never happens in the same turn. A snapshot that was persisted begins anew from its input.
 *
 * @throws SupervisorError ERR_INVALID_SPEC
 */
export function supervised<Logic extends AnyActorLogic>(
  logic: Logic,
  options: SupervisedOptions = {},
): SupervisedLogic<Logic> {
  const { restart, random = Math.random } = options;
  const plan = planRestart(restart, "supervised");
  const rule: ServiceRule = {
    restart: plan.rule,
    startDelayMs: 0,
    startTimeoutMs: Number.POSITIVE_INFINITY,
    stopTimeoutMs: Number.POSITIVE_INFINITY,
    gated: false,
    readiness: false,
    scheduled: false,
  };
  const ports = new WeakMap<object, SupervisedPort>();
  const machine = machineOf();

  const begin = (scope: Scope, input: unknown) => {
    const port = new SupervisedPort(scope, { logic, input, plan, random });
    ports.set(scope.self, port);
    return port.toSnapshot(machine.getInitialSnapshot(scope as never, { rule, port }));
  };
  return {
    getInitialSnapshot: begin,
    start(_: unknown, scope: Scope) {
      ports.get(scope.self)?.send({ type: "service.start", by: "supervisor" });
    },
    transition(snapshot: object, event: AnyEventObject, scope: Scope) {
      const port = ports.get(scope.self);
      if (port === undefined) return snapshot;
      if (!port.isOwn(event)) {
        port.forward(event);
        return snapshot;
      }
      if (event.type === stopType) port.stop();
      const next = machine.transition({ ...snapshot, children: {} } as never, event as never, scope as never);
      port.act();
      return port.toSnapshot(next);
    },
    getPersistedSnapshot: ({ status, output, error, input }: Persisted) => ({ status, output, error, input }),
    restoreSnapshot: (persisted: Persisted, scope: Scope) =>
      persisted.status === "active" ? begin(scope, persisted.input) : persisted,
  } as unknown as SupervisedLogic<Logic>;
}

type Scope = ActorScope<never, AnyEventObject, AnyActorRef["system"], AnyEventObject>;

interface Persisted {
  readonly status: string;
  readonly output?: unknown;
  readonly error?: unknown;
  readonly input?: unknown;
}
