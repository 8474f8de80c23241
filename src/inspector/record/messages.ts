// messages.ts: how an event that an actor was sent is shown in the history: its sender, and its details.

import type { Part } from "./cast.ts";

export type Event = { readonly type: string; readonly [field: string]: unknown };

/** Events without news: the health of the children is recorded anyway, and no actor sends `xstate.init`. */
const noise: ReadonlySet<string> = new Set(["children.rated", "xstate.init"]);

export function isNoise({ role }: Part, type: string): boolean {
  return noise.has(type) && (role !== "actor" || type !== "xstate.init");
}

/** The path of the sender; "" for one outside of the tree. machines/events.ts says who sends what to the charts. */
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

/** The details of an event of the charts; "" for none. */
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
