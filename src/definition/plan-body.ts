// plan-body.ts: checks that a spec has exactly one of run, start, actor and services, and the options that go with it.

import { check, invalid } from "../contract/check.ts";
import { SupervisorError } from "../contract/errors.ts";
import { readyOns } from "../contract/sets.ts";
import { type Body, bodyKinds } from "./plan.ts";

/** The fields of a spec that make its body, as the user gave them. */
type Given = { readonly [Key in Body["kind"] | ActorOption | "stop" | "readyOn"]?: unknown };

const actorOptions = ["input", "stopEvent", "snapshot"] as const;
type ActorOption = (typeof actorOptions)[number];

export function planBody(spec: Given, path: string): Body {
  const { run, start, actor, services, stop } = spec;
  const given = bodyKinds.filter((kind) => spec[kind] !== undefined);
  if (given.length !== 1) {
    const got = given.length === 0 ? "none of them" : given.join(" and ");
    const message = `${path}: expected exactly one of ${bodyKinds.join(", ")}; got ${got}`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path });
  }
  check.function(path, "run", run);
  check.function(path, "start", start);
  check.function(path, "stop", stop);
  if (stop !== undefined && start === undefined) {
    const message = `${path}: stop goes only with start; a ${given[0]} is asked to stop by its signal`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path });
  }
  const stray = actorOptions.find((option) => spec[option] !== undefined);
  if (stray !== undefined && actor === undefined) {
    throw new SupervisorError("ERR_INVALID_SPEC", `${path}: ${stray} goes only with actor`, { path });
  }
  if (services !== undefined) return { kind: "services" };
  if (actor !== undefined) return planActor(spec, path);
  if (start !== undefined) return { kind: "start", start, stop } as Body;
  return { kind: "run", run } as Body;
}

function planActor({ actor, input, stopEvent, snapshot }: Given, path: string): Body {
  const isEvent = typeof (stopEvent as { type?: unknown } | null | undefined)?.type === "string";
  if (stopEvent !== undefined && typeof stopEvent !== "function" && !isEvent) {
    throw invalid(path, "stopEvent", "an event, or a function of the context that returns one", stopEvent);
  }
  return { kind: "actor", logic: toLogic(actor, path), input, stopEvent, snapshot } as Body;
}

function toLogic(actor: unknown, path: string): (Body & { kind: "actor" })["logic"] {
  if (typeof (actor as { transition?: unknown } | null)?.transition !== "function") {
    throw invalid(path, "actor", "XState actor logic (a machine, fromPromise(...), fromCallback(...), ...)", actor);
  }
  return actor as (Body & { kind: "actor" })["logic"];
}

/** Whether it is ready when it calls `ctx.ready()`, and not as soon as it has begun. */
export function planReadyOn({ readyOn, start }: Given, path: string): boolean {
  if (readyOn !== undefined && start !== undefined) {
    const message = `${path}: readyOn goes only with run or actor; start is ready when it resolves`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path });
  }
  return check.oneOf(path, "readyOn", readyOn, readyOns, "start") === "signal";
}
