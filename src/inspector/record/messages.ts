// Messages: what an event that an actor was sent looks like in the history: who sent it, and what of it is shown.

import type { Part } from "./cast.ts";

export type Event = { readonly type: string; readonly [field: string]: unknown };

/** How often the children are rated says nothing that their health does not; how an actor begins is not sent by anyone. */
const noise: ReadonlySet<string> = new Set(["children.rated", "xstate.init"]);

export function isNoise({ role }: Part, type: string): boolean {
  return noise.has(type) && (role !== "actor" || type !== "xstate.init");
}

/** "" is outside of the tree. Who sends what to the charts is written in machines/events.ts. */
export function senderOf({ path, role }: Part, source: Part | null, event: Event): string {
  const { type } = event;
  if (role === "actor") return source?.path ?? (type.startsWith("xstate.") ? path : "");
  if (role === "supervisor") {
    if (type.startsWith("child.")) return String(event.path);
    return type.startsWith("supervisor.") && !path.includes("/") ? "" : path;
  }
  if (type.startsWith("service.") && event.by === "hand") return "";
  return type.startsWith("service.") || type.startsWith("gate.") ? path.slice(0, path.lastIndexOf("/")) : path;
}

/** What of an event of ours is shown; "" for nothing. */
export function detailOf(event: Event): string {
  switch (event.type) {
    case "service.start":
    case "service.restart":
      return `by ${event.by}`;
    case "unit.ended":
      return (event.exit as { kind: string }).kind;
    case "child.restarting":
      return `${event.scope}, in ${Math.round(event.delayMs as number)} ms`;
    default:
      return "";
  }
}
