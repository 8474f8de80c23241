// units.ts: the four kinds of unit: `run`, `start` with `stop`, `actor`, and `services` (a nested supervisor).

import { type AnyActorRef, createActor, type EventObject, type Snapshot } from "xstate";
import type { ActorEnded } from "../../machines/events.ts";
import { toError } from "../contract/errors.ts";
import { isThenable } from "../contract/thenable.ts";
import type { Body } from "../definition/plan.ts";
import { forgiveObservers, stopActor, sweep, trackPromises } from "../engine/xstate.ts";
import { Context } from "./context.ts";
import { DirectedUnit } from "./directed-unit.ts";
import type { Child } from "./service.ts";
import { SupervisorUnit } from "./supervisor-unit.ts";
import { Unit } from "./unit.ts";

/** The unit of a child, by what its body is. */
export function createUnit(child: Child, incarnation: number): Unit {
  switch (child.plan.body.kind) {
    case "run":
      return new RunUnit(child, incarnation);
    case "start":
      return new StartUnit(child, incarnation);
    case "actor":
      return new ActorUnit(child, incarnation);
    case "services":
      return child.plan.supervisor?.director === undefined
        ? new SupervisorUnit(child, incarnation)
        : new DirectedUnit(child, incarnation);
  }
}

type BodyOf<Kind extends Body["kind"]> = Extract<Body, { kind: Kind }>;

/** `run`: up once it has begun, or when it calls `ready`; over when it returns. */
class RunUnit extends Unit {
  protected execute(): void {
    const { plan } = this.child;
    const { run } = plan.body as BodyOf<"run">;
    const result = run.call(plan.spec, new Context(this));
    if (!plan.options.readyOnSignal) this.ready();
    // A function that returns at once ends in a later turn, as an async function does, so that it was up in between.
    // Bound methods take 64 bytes less than arrow functions and the scope that they share.
    Promise.resolve(result).then(this.returned.bind(this), this.threw.bind(this));
  }

  private returned(value: unknown): void {
    this.end({ kind: "completed", value });
  }

  private threw(error: unknown): void {
    this.end({ kind: "failed", error: toError(error) });
  }

  // A function can be asked to end only by its signal.
  protected interrupt(): void {}
}

/** `start` and `stop`: up when start resolves; over when stop resolves, which is called once with start's result. */
class StartUnit extends Unit {
  readonly #context = new Context(this);
  #up = false;
  #started: unknown;

  get #body(): BodyOf<"start"> {
    return this.child.plan.body as BodyOf<"start">;
  }

  protected execute(): void {
    const result = this.#body.start.call(this.child.plan.spec, this.#context);
    if (!isThenable(result)) return this.#hasStarted(result);
    Promise.resolve(result).then(
      (value) => this.#hasStarted(value),
      (error) => this.end({ kind: "failed", error: toError(error) }),
    );
  }

  protected interrupt(): void {
    if (this.#up) this.#takeDown();
  }

  #hasStarted(value: unknown): void {
    this.#up = true;
    this.#started = value;
    if (this.askedAt !== null || this.isOver) return this.#takeDown();
    this.value = value;
    this.ready();
  }

  #takeDown(): void {
    const { spec } = this.child.plan;
    const done = () => this.end({ kind: "completed", value: undefined });
    const failed = (error: unknown) => {
      this.child.log.error({ err: toError(error), incarnation: this.incarnation }, "stop failed");
      this.end({ kind: "failed", error: toError(error) });
    };
    try {
      const result = this.#body.stop?.call(spec, this.#started, this.#context);
      this.#started = undefined;
      if (isThenable(result)) Promise.resolve(result).then(done, failed);
      else done();
    } catch (error) {
      failed(error);
    }
  }
}

/** `actor`: any XState logic, as a child of the service's own actor. */
class ActorUnit extends Unit {
  readonly #context = new Context(this);
  #ref: AnyActorRef | undefined;
  /** The promises of the user's code in the actor that have not settled. */
  readonly #pending = new Set<PromiseLike<unknown>>();
  /** The first error of that code after the actor was stopped. */
  #failedAfter: { readonly error: unknown } | null = null;
  #isStopped = false;

  get #body(): BodyOf<"actor"> {
    return this.child.plan.body as BodyOf<"actor">;
  }

  protected execute(): void {
    const { plan, path, actor: parent, tree } = this.child;
    const { logic, input, snapshot } = this.#body;
    tree.witnesses.noteActors();
    const ref = createActor(
      trackPromises(logic, (promise) => this.#follow(promise)),
      {
        parent,
        id: `${path}#${this.incarnation}`,
        input: this.#give(input),
        ...(snapshot !== undefined && { snapshot: this.#give(snapshot) as Snapshot<unknown> }),
      },
    );
    forgiveObservers(ref);
    this.#ref = ref;
    this.value = ref;
    ref.start();
    if (!plan.options.readyOnSignal && ref.getSnapshot().status !== "error") this.ready();
  }

  /** A value, or what a function returns for this incarnation. */
  #give(given: unknown): unknown {
    return typeof given === "function" ? given(this.#context) : given;
  }

  #follow(promise: PromiseLike<unknown>): void {
    this.#pending.add(promise);
    const settled = () => {
      this.#pending.delete(promise);
      if (this.#isStopped && this.#pending.size === 0) this.child.tree.turns.enter(() => this.#endStopped());
    };
    Promise.resolve(promise).then(settled, (error) => {
      if (this.#isStopped) this.#failedAfter ??= { error };
      settled();
    });
  }

  // XState stops an actor at once: it aborts the signals of promises, calls the cleanups of callbacks, and waits for
  // none of them. A machine that drains is sent its own `stopEvent` instead.
  protected interrupt(): void {
    const { stopEvent } = this.#body;
    if (stopEvent === undefined) return this.#stop();
    try {
      this.#ref?.send(this.#give(stopEvent) as EventObject);
    } catch (error) {
      this.child.log.error({ err: toError(error) }, "stopEvent failed; the actor is stopped at once");
      this.#stop();
    }
  }

  #stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    if (this.#ref !== undefined) stopActor(this.#ref);
    if (this.#pending.size === 0) this.#endStopped();
  }

  #endStopped(): void {
    const { status, error } = (this.#ref?.getSnapshot() ?? {}) as { status?: string; error?: unknown };
    const failure = status === "error" ? { error } : this.#failedAfter;
    if (failure === null) this.end({ kind: "completed", value: undefined });
    else this.end({ kind: "failed", error: toError(failure.error) });
  }

  /** Stops the actor. A promise that does not settle is left behind, like any function. */
  protected override endByForce(): boolean {
    this.#stop();
    return this.isOver;
  }

  override relayActorEnd(event: ActorEnded): void {
    if (this.#ref === undefined || event.actorId !== this.#ref.id) return;
    if (event.type.startsWith("xstate.done")) {
      return this.end({ kind: "completed", value: (event as { output: unknown }).output });
    }
    sweep(this.#ref);
    this.end({ kind: "failed", error: toError((event as { error: unknown }).error) });
  }
}
