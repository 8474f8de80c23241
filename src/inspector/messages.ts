// Messages: what an event that an actor was sent looks like in the history: who sent it, and what of it is shown.

import type { Part } from "./cast.ts";
import type { Entry } from "./protocol.ts";

type Event = { readonly type: string; readonly [field: string]: unknown };
type Message = Extract<Entry, { kind: "message" }>;

/** How often the children are rated says nothing that their health does not; how an actor begins is not sent by anyone. */
const noise: ReadonlySet<string> = new Set(["children.rated", "xstate.init"]);

export function toMessage(
  part: Part,
  source: Part | null,
  event: Event,
  at: number,
  show: (event: Event) => string,
): Message | null {
  const { path, role, id } = part;
  const { type } = event;
  if (noise.has(type) && (role !== "actor" || type !== "xstate.init")) return null;
  const detail = role === "actor" ? show(event) : detailOf(event);
  const message: Message = { n: 0, at, path, kind: "message", role, from: senderOf(part, source, event), type };
  if (detail !== "") message.detail = detail;
  if (id !== undefined) message.id = id;
  return message;
}

/** "" is outside of the tree. Who sends what to the charts is written in machines/events.ts. */
function senderOf({ path, role }: Part, source: Part | null, event: Event): string {
  const { type } = event;
  if (role === "actor") return source?.path ?? (type.startsWith("xstate.") ? path : "");
  if (role === "supervisor") {
    if (type.startsWith("child.")) return String(event.path);
    return type.startsWith("supervisor.") && !path.includes("/") ? "" : path;
  }
  if (type.startsWith("service.") && event.by === "hand") return "";
  return type.startsWith("service.") || type.startsWith("gate.") ? path.slice(0, path.lastIndexOf("/")) : path;
}

function detailOf(event: Event): string {
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
