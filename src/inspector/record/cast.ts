// The cast: which service an actor of the tree belongs to, and what it is there.

import type { AnyActorRef } from "xstate";
import type { Role } from "../shared/protocol.ts";

export interface Part {
  readonly path: string;
  readonly role: Role;
  /** Of an actor that a user's own actor has made: its id. */
  readonly id?: string;
}

/** Finds the part of an actor by its ancestors; remembered, so that it costs one look-up from the second time on. */
export class Cast {
  readonly #parts = new WeakMap<object, Part | null>();

  constructor(root: AnyActorRef, path: string) {
    this.#parts.set(root, { path, role: "supervisor" });
  }

  partOf(ref: AnyActorRef | undefined): Part | null {
    if (ref === undefined) return null;
    const known = this.#parts.get(ref);
    if (known !== undefined) return known;
    const part = this.#find(ref);
    this.#parts.set(ref, part);
    return part;
  }

  #find(ref: AnyActorRef): Part | null {
    const parent = this.partOf(ref._parent);
    if (parent === null) return null;
    // A supervisor's children are services, and a service's child is the supervisor or the actor that it is.
    if (parent.role === "supervisor") return { path: ref.id, role: "service" };
    if (parent.role === "actor") return { path: parent.path, role: "actor", id: ref.id };
    if (ref.id === `${parent.path}.services`) return { path: parent.path, role: "supervisor" };
    // Its probes are left out: every check of every service would crowd out all else. Their verdicts are updates.
    return ref.id.startsWith(`${parent.path}#`) ? { path: parent.path, role: "actor" } : null;
  }
}
