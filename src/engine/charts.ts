// charts.ts: starts the charts of one tree, each as an actor: run by the engine, or by XState's own interpreter.

import {
  type ActorRefFrom,
  type AnyActorRef,
  type AnyStateMachine,
  createActor,
  fromTransition,
  type InspectionEvent,
} from "xstate";
import type { Chart } from "../../machines/chart.ts";
import { once } from "../../machines/once.ts";
import type { Clock } from "../contract/spec.ts";
import { ChartActor } from "./chart-actor.ts";
import { Compiled } from "./compile.ts";
import { ActorHome } from "./home.ts";
import { Scheduler, type Turning } from "./scheduler.ts";
import { type ChartHost, reporting } from "./witness.ts";
import { guardCharts, isFamiliar } from "./xstate.ts";

/** A chart in the two forms in which it can be run. Each is made when it is first needed. */
export class RunnableChart<Machine extends AnyStateMachine> {
  readonly compiled: () => Compiled<Machine>;
  readonly logic: () => Machine;

  constructor(chart: Chart<Machine>) {
    this.compiled = once(() => new Compiled(chart));
    this.logic = once(() => reporting(chart.machine()));
  }
}

/** The context of a chart, without a snapshot if the engine runs it. It is the chart's own: not to be kept, nor changed. */
export function contextOf<Context>(actor: { getSnapshot(): { readonly context: Context } }): Context {
  return actor instanceof ChartActor ? (actor.context as Context) : actor.getSnapshot().context;
}

export interface ChartsOptions {
  readonly clock: Clock;
  readonly turns: Turning;
  /** Makes XState's own interpreter run the charts, so that the inspector sees every microstep. */
  readonly inspect: ((event: InspectionEvent) => void) | undefined;
  /** An actor of the user's has sent an event to a chart. */
  readonly onStray: (source: AnyActorRef, target: AnyActorRef, event: { readonly type: string }) => void;
  /** The engine does not know this version of XState, so XState's own interpreter runs the charts. */
  readonly onUnfamiliar: () => void;
}

interface ChartInput {
  readonly rule: object;
  readonly port: ChartHost;
}

/** The charts of one tree. */
export class Charts {
  readonly scheduler: Scheduler;
  readonly #options: ChartsOptions;
  /** null: XState runs the charts. */
  #home: ActorHome | null = null;

  constructor(options: ChartsOptions) {
    this.#options = options;
    this.scheduler = new Scheduler(options.clock, options.turns);
  }

  /** Starts the chart of the root, and the system of actors with it. */
  startRoot<Machine extends AnyStateMachine>(
    chart: RunnableChart<Machine>,
    id: string,
    input: object,
  ): ActorRefFrom<Machine> {
    const { clock, inspect, onUnfamiliar } = this.#options;
    if (inspect === undefined) {
      // Only an actor of XState's makes a system. This one does nothing else, and is not started.
      const maker = createActor(nothing, { clock });
      if (isFamiliar(maker)) {
        this.#settle(maker.system);
        this.#home = new ActorHome(maker, this.scheduler);
        return this.#run(chart, this.#home, undefined, id, input);
      }
      onUnfamiliar();
    }
    const root = createActor<AnyStateMachine>(chart.logic(), { id, input, clock, ...(inspect && { inspect }) });
    this.#settle(root.system);
    return root.start() as ActorRefFrom<Machine>;
  }

  /** Starts a chart as a child of another. Without an id it has the path of its port. */
  start<Machine extends AnyStateMachine>(
    chart: RunnableChart<Machine>,
    parent: AnyActorRef,
    id: string | null,
    input: ChartInput,
  ): ActorRefFrom<Machine> {
    if (this.#home !== null) return this.#run(chart, this.#home, parent, id, input);
    const options = { parent, id: id ?? input.port.path, input };
    return createActor<AnyStateMachine>(chart.logic(), options).start() as ActorRefFrom<Machine>;
  }

  #run<Machine extends AnyStateMachine>(
    chart: RunnableChart<Machine>,
    home: ActorHome,
    parent: AnyActorRef | undefined,
    id: string | null,
    input: object,
  ): ActorRefFrom<Machine> {
    return new ChartActor(chart.compiled(), home, parent, id, input) as ActorRefFrom<Machine>;
  }

  #settle(system: AnyActorRef["system"]): void {
    system.scheduler = this.scheduler;
    guardCharts(system, this.#options.onStray);
  }
}

const nothing = fromTransition(() => null, null);
