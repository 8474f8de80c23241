// inspection.ts: reports the charts that the engine runs to the inspectors of a system of actors, as XState reports its
// own actors: an actor, each event, each snapshot.

import type { AnyActorRef, AnyEventObject, InspectionEvent, Observer, Snapshot } from "xstate";

type Inspector = (event: InspectionEvent) => void;

export class Inspection {
  readonly #rootId: string;
  readonly #inspectors = new Set<Inspector>();

  /** Listens in on `system.inspect`, which tells XState alone who inspects. */
  constructor(system: AnyActorRef["system"], rootId: string) {
    this.#rootId = rootId;
    const { inspect } = system;
    system.inspect = (given) => {
      const subscription = inspect(given);
      const inspector = toFunction(given);
      this.#inspectors.add(inspector);
      return {
        unsubscribe: () => {
          this.#inspectors.delete(inspector);
          subscription.unsubscribe();
        },
      };
    };
  }

  /** Somebody inspects. Asked first, because a report costs an object for each event. */
  get isOn(): boolean {
    return this.#inspectors.size > 0;
  }

  start(actorRef: AnyActorRef, parent: AnyActorRef | undefined, input: unknown): void {
    const event = { type: "xstate.init", input };
    this.#report({ type: "@xstate.actor", actorRef, rootId: this.#rootId });
    this.event(actorRef, parent, event);
    this.snapshot(actorRef, event, actorRef.getSnapshot());
  }

  event(actorRef: AnyActorRef, sourceRef: AnyActorRef | undefined, event: AnyEventObject): void {
    this.#report({ type: "@xstate.event", sourceRef, actorRef, event, rootId: this.#rootId });
  }

  snapshot(actorRef: AnyActorRef, event: AnyEventObject, snapshot: Snapshot<unknown>): void {
    this.#report({ type: "@xstate.snapshot", actorRef, event, snapshot, rootId: this.#rootId });
  }

  #report(event: InspectionEvent): void {
    for (const inspector of this.#inspectors) inspector(event);
  }
}

function toFunction(given: Inspector | Observer<InspectionEvent>): Inspector {
  return typeof given === "function" ? (event) => given(event) : (event) => given.next?.(event);
}
