// supervised-port.ts: the port of the service chart of one supervised actor: begins its child, and reports its end.

import {
  type ActorScope,
  type AnyActorLogic,
  type AnyActorRef,
  type AnyEventObject,
  createActor,
  type StateValue,
} from "xstate";
import type { Exit } from "../machines/events.ts";
import type { ServiceMachineContext, ServicePort } from "../machines/service.ts";
import { SupervisorError, toError } from "./contract/errors.ts";
import { isHopeless } from "./contract/hopeless.ts";
import { textOf } from "./contract/wording.ts";
import type { RestartPlan } from "./definition/plan-restart.ts";
import { systemClock } from "./engine/system-clock.ts";
import { clockOf, forgiveObservers, isEndOf, parentOf, sendFrom, stopActor, sweep, toParent } from "./engine/xstate.ts";

type Scope = ActorScope<never, AnyEventObject, AnyActorRef["system"], AnyEventObject>;

interface Charge {
  readonly logic: AnyActorLogic;
  readonly input: unknown;
  readonly plan: RestartPlan;
  readonly random: () => number;
}

export class SupervisedPort implements ServicePort {
  readonly #scope: Scope;
  readonly #charge: Charge;
  /** The events that this port has sent to its chart: no user's event is taken for one. */
  readonly #own = new WeakSet<object>();
  #child: AnyActorRef | undefined;
  #incarnation = 0;
  /** What the last step asked for: done after the step, since no code of the user's runs inside of one. */
  #jobs: (() => void)[] = [];

  constructor(scope: Scope, charge: Charge) {
    this.#scope = scope;
    this.#charge = charge;
  }

  get #self(): AnyActorRef {
    return this.#scope.self as unknown as AnyActorRef;
  }

  get #now(): number {
    return clockOf(this.#self).now?.() ?? systemClock.now();
  }

  send(event: AnyEventObject): void {
    this.#own.add(event);
    this.#self.send(event);
  }

  /** Whether an event is for the chart: one of this port's, or one of XState's. */
  isOwn(event: AnyEventObject): boolean {
    return this.#own.has(event) || event.type.startsWith("xstate.");
  }

  forward(event: AnyEventObject): void {
    if (this.#isUp) this.#child?.send(event);
  }

  get #isUp(): boolean {
    return (this.#child?.getSnapshot() as { status?: string } | undefined)?.status === "active";
  }

  stop(): void {
    if (this.#isUp && this.#child !== undefined) stopActor(this.#child);
  }

  /** Does what the last step asked for. */
  act(): void {
    const jobs = this.#jobs;
    this.#jobs = [];
    for (const job of jobs) this.#scope.defer(job);
  }

  launch(incarnation: number): void {
    this.#jobs.push(() => this.#begin(incarnation));
  }

  #begin(incarnation: number): void {
    this.#incarnation = incarnation;
    const id = `${this.#self.id}#${incarnation}`;
    const parent = toParent(this.#self, (event) => this.#hear(incarnation, event));
    const { logic, input } = this.#charge;
    const child = createActor(logic, { parent, id, input }) as AnyActorRef;
    this.#child = child;
    forgiveObservers(child);
    child.on("*", (event) => this.#scope.emit(event as never));
    child.start();
    this.send({ type: "unit.ready", incarnation, at: this.#now });
  }

  /** Takes what the child sends to its parent. */
  #hear(incarnation: number, event: AnyEventObject): void {
    const child = this.#child;
    if (incarnation !== this.#incarnation || child === undefined) return;
    if (isEndOf(child, event)) {
      if (event.type.startsWith("xstate.done")) return this.#end({ kind: "completed", value: event.output });
      sweep(child);
      return this.#end({ kind: "failed", error: toError(event.error), cause: "error" });
    }
    const above = parentOf(this.#self);
    if (above !== undefined) sendFrom(this.#self, above, event);
  }

  #end(exit: Exit): void {
    const wish = this.#ask(exit);
    const chance = this.#charge.random();
    const ended = { type: "unit.ended", incarnation: this.#incarnation, exit, at: this.#now, chance, grouped: false };
    this.send(wish === undefined ? ended : { ...ended, wish });
  }

  /** What `decide` answers, or else that another attempt is bound to fail; undefined leaves it to the policy. */
  #ask(exit: Exit): unknown {
    try {
      const wish = this.#charge.plan.decide?.(exit);
      if (wish !== undefined) return wish;
    } catch {} // as if it had not answered
    return exit.kind === "failed" && isHopeless(exit.error) ? "fail" : undefined;
  }

  /** The snapshot of the chart with the child, and with the end of the life if that was its end. */
  toSnapshot(chart: { readonly value: StateValue; readonly context: ServiceMachineContext }) {
    const { value, context } = chart;
    const children = this.#child === undefined ? {} : { [this.#child.id]: this.#child };
    const common = { ...chart, children, child: this.#child, input: this.#charge.input };
    const [state, phase] = typeof value === "string" ? [value] : Object.entries(value)[0]!;
    if (state === "failed") return { ...common, status: "error" as const, error: this.#toError(context) };
    if (state !== "stopped" || (phase !== "completed" && phase !== "dismissed")) return common;
    const output = context.exit?.kind === "completed" ? context.exit.value : undefined;
    return { ...common, status: "done" as const, output };
  }

  #toError({ exit, verdict, failures }: ServiceMachineContext): Error {
    const cause = exit?.kind === "failed" ? exit.error : new Error("it failed");
    const { maxRetries } = this.#charge.plan.rule;
    if (verdict !== "give-up" || maxRetries === 0) return cause;
    const message = `${this.#self.id}: gave up after ${failures} failures in a row (maxRetries ${maxRetries}): ${textOf(cause)}`;
    return new SupervisorError("ERR_GAVE_UP", message, { cause });
  }

  // Calls of charts that wait, stop and time out. XState stops a child at once.
  consultGate(): void {}
  expireStart(): void {}
  askToStop(): void {}
  abandon(): void {}
  skipRun(): void {}
  relayActorEnd(): void {}
}
