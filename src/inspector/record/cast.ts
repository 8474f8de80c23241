// cast.ts: finds the service that an actor of the tree belongs to, and its role there.

import type { AnyActorRef } from "xstate";
import { parentOf } from "../../engine/xstate.ts";
import type { Role } from "../shared/protocol.ts";

export interface Part {
  readonly path: string;
  readonly role: Role;
  /** The id of an actor that an actor of the user's has made. */
  readonly id?: string;
}

/** Finds the part of an actor by its ancestors, and remembers it: the next time takes one look-up. */
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
    const parent = this.partOf(parentOf(ref));
    if (parent === null) return null;
    // The children of a supervisor are services; the child of a service is its supervisor or its actor.
    if (parent.role === "supervisor") return { path: ref.id, role: "service" };
    if (parent.role === "actor") return { path: parent.path, role: "actor", id: ref.id };
    if (ref.id === `${parent.path}.services`) return { path: parent.path, role: "supervisor" };
    // Probes are left out: every check of every service would crowd out all other facts. Their verdicts are updates.
    return ref.id.startsWith(`${parent.path}#`) ? { path: parent.path, role: "actor" } : null;
  }
}
