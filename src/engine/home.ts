// home.ts: the system of actors that one tree lives in: what its actors share.

import type { AnyActorRef } from "xstate";
import { Inspection } from "./inspection.ts";
import type { Scheduler } from "./scheduler.ts";

export class ActorHome {
  readonly system: AnyActorRef["system"];
  readonly rootId: string;
  readonly inspection: Inspection;
  readonly scheduler: Scheduler;
  #sessions = 0;

  /** `root`: any actor of XState's that has made a system. */
  constructor(root: AnyActorRef, scheduler: Scheduler) {
    this.system = root.system;
    this.rootId = root.sessionId;
    this.scheduler = scheduler;
    this.inspection = new Inspection(this.system, this.rootId);
  }

  /** The id of one more actor. */
  nextSessionId(): string {
    return `${this.rootId}:${this.#sessions++}`;
  }
}
