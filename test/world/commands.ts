// commands.ts: what can happen to a tree, as plain data: the commands that the user, the services and time give it.

import type { ChildShape, TreeShape } from "./shape.ts";

/** Where the code of a service may call the handle from. */
export const places = ["begin", "up", "stop", "check", "decide"] as const;
export type Place = (typeof places)[number];

/** Ways in which a service does badly from now on. `aborts`: it answers a stop request by throwing the signal's reason. */
export const flags = ["deaf", "slow", "brokenStart", "brokenStop", "aborts", "sick"] as const;
export type Flag = (typeof flags)[number];

/** One thing that happens to a tree. A name that the tree does not have at that moment is passed over. */
export type Command =
  | ["start"]
  | ["stop", timeoutMs?: number]
  | ["startService" | "stopService" | "restartService" | "removeService", name: string]
  /** Removes the service and adds it again. */
  | ["replaceService", name: string]
  | ["addService", under: string, shape: ChildShape]
  /** The newest incarnation does it. */
  | ["fail" | "complete" | "heartbeat", name: string]
  /** `ctx.ready()` or `ctx.fail()` of the newest incarnation, or of one before. */
  | ["ready" | "blame", name: string, ago: number]
  /** The oldest incarnation that still lives ends, perhaps long after it was reported unstopped. */
  | ["endLate", name: string, fails: boolean]
  | [Flag, name: string, on: boolean]
  /** When the update of this number is out, from inside the listener. */
  | ["when", seq: number, command: Command]
  /** The next time that the code of the service is at this place, from inside it. */
  | ["inside", place: Place, name: string, command: Command]
  | ["advance", ms: number]
  | ["next"];

export interface History {
  tree: TreeShape;
  commands: Command[];
}
