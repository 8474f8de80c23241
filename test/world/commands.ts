// commands.ts: what can happen to a tree, as plain data: the commands that the user, the services and time give it.

import type { ServiceState } from "../../src/index.ts";
import type { ChildShape, TreeShape } from "./shape.ts";

/** Where the code of a service may call the handle from. */
export const places = ["begin", "up", "stop", "check", "decide"] as const;
export type Place = (typeof places)[number];

/**
 * Ways in which a service does badly from now on. `aborts`: it answers a stop request by throwing the signal's reason.
 * `sick`: its checks fail. `stuck`: its checks do not settle until it is well again.
 */
export const flags = ["deaf", "slow", "brokenStart", "brokenStop", "aborts", "sick", "stuck"] as const;
export type Flag = (typeof flags)[number];

export const verbs = ["startService", "stopService", "restartService", "removeService"] as const;
export type Verb = (typeof verbs)[number];

/** One thing that happens to a tree. A name that the tree does not have at that moment is passed over. */
export type Command =
  /** Each has a signal of its own. */
  | ["start" | "run"]
  /** Aborts the signal of the newest start or run, or of one before. */
  | ["abort", ago: number]
  | ["stop", timeoutMs?: number]
  | [Verb, name: string]
  /** Removes the service and adds it again. */
  | ["replaceService", name: string]
  | ["addService", under: string, shape: ChildShape]
  /** The first definition without some services, with others changed, perhaps the other way round. */
  | ["redefine", dropped: string[], changed: string[], isReversed: boolean]
  /** Adds a service of the definition, or one that was added before, as it was then, or as one that depends on another. */
  | ["addAgain", name: string, on?: string]
  /** The newest incarnation does it. */
  | ["fail" | "complete" | "heartbeat", name: string]
  /** `ctx.ready()` or `ctx.fail()` of the newest incarnation, or of one before. */
  | ["ready" | "blame", name: string, ago: number]
  /** The oldest incarnation that still lives ends, perhaps long after it was reported unstopped. */
  | ["endLate", name: string, fails: boolean]
  | [Flag, name: string, on: boolean]
  /** A slow reader of `updates()` takes so many. */
  | ["read", count: number]
  /** When the update of this number is out, from inside the listener. */
  | ["when", seq: number, command: Command]
  /** The next time that a service, or the tree, is in this state, from inside the listener. */
  | ["onState", name: string, state: ServiceState, command: Command]
  /** The next time that the code of the service is at this place, from inside it. */
  | ["inside", place: Place, name: string, command: Command]
  /** When the promise of the newest verb settles. */
  | ["then", command: Command]
  /** In the same turn as the command after it: nothing that follows from it happens in between. */
  | ["now", command: Command]
  | ["advance", ms: number]
  | ["next"];

export interface History {
  tree: TreeShape;
  commands: Command[];
}

export function isFlag(command: Command): command is [Flag, string, boolean] {
  return (flags as readonly string[]).includes(command[0]);
}
