// frames.ts: the messages of @xstate/inspect 0.8 from an application to a viewer, as lines of JSON.

import type { AnyActorRef } from "xstate";
import { parentOf } from "../../engine/xstate.ts";
import { toJson } from "./to-json.ts";
import { toV4Machine } from "./v4-machine.ts";
import { snapshotOf, toScxml, toV4State } from "./v4-state.ts";

type Event = { readonly type: string };

const init: Event = { type: "xstate.init" };

export interface Frames {
  register(ref: AnyActorRef): string;
  event(ref: AnyActorRef, event: Event, sender: AnyActorRef | undefined): string;
  state(ref: AnyActorRef, event: Event): string;
  stop(ref: AnyActorRef): string;
}

export function createFrames(nameOf: (ref: AnyActorRef) => string, withContext: boolean): Frames {
  const stateOf = (ref: AnyActorRef, event: Event) => toJson(toV4State(snapshotOf(ref), event, withContext));
  return {
    register(ref) {
      const parent = parentOf(ref)?.sessionId;
      return JSON.stringify({
        type: "service.register",
        machine: toJson(toV4Machine(ref)),
        state: stateOf(ref, init),
        sessionId: ref.sessionId,
        id: nameOf(ref),
        ...(parent !== undefined && { parent }),
      });
    },
    event: (ref, event, sender) =>
      JSON.stringify({
        type: "service.event",
        sessionId: ref.sessionId,
        // The data of an event may hold as many secrets as a context.
        event: toJson(toScxml(withContext ? event : { type: event.type }, sender?.sessionId)),
      }),
    state: (ref, event) =>
      JSON.stringify({
        type: "service.state",
        sessionId: ref.sessionId,
        state: stateOf(ref, withContext ? event : { type: event.type }),
      }),
    stop: (ref) => JSON.stringify({ type: "service.stop", sessionId: ref.sessionId }),
  };
}
