// independence.ts: which commands can be exchanged: in either order they lead to the same state.

import { type Command, isFlag, verbs } from "../world/commands.ts";
import { type ChildShape, shapesByName, type TreeShape } from "../world/shape.ts";

const deeds: readonly string[] = [...verbs, "fail", "complete", "ready", "blame", "heartbeat", "endLate"];

/** The service that a command is about, if it is about one alone. */
function subjectOf(command: Command): string | null {
  if (isFlag(command)) return command[1];
  return deeds.includes(command[0]) ? (command[1] as string) : null;
}

/** Returns whether two commands are independent of each other in a tree, whatever state it is in. */
export function independenceIn(tree: TreeShape): (a: Command, b: Command) => boolean {
  const groupOf = findGroups(tree);
  return (a, b) => {
    const [one, other] = [subjectOf(a), subjectOf(b)];
    if (one === null || other === null || one === other) return false;
    // A flag says what happens from the next time on; a check that was stuck settles at once.
    if (isFlag(a) && isFlag(b) && a[0] !== "stuck" && b[0] !== "stuck") return true;
    return groupOf(one) !== groupOf(other);
  };
}

/** Puts services into one group where one of them can affect the other. */
function findGroups(tree: TreeShape): (name: string) => string {
  const leaders = new Map<string, string>();
  const leaderOf = (name: string): string => {
    const leader = leaders.get(name) ?? name;
    return leader === name ? name : leaderOf(leader);
  };
  const join = (a: string, b: string) => leaders.set(leaderOf(a), leaderOf(b));
  const visit = (owner: string, { services = [], strategy, intensity, autoShutdown }: Partial<ChildShape>): void => {
    const isOneGroup =
      owner !== "app" || strategy !== "one-for-one" || intensity !== undefined || autoShutdown !== undefined;
    for (const child of services) {
      // A critical service can fail its supervisor, and so stop all others; and all of them together end a start.
      const isBound = isOneGroup || child.critical !== false;
      if (isBound) for (const sibling of services) join(child.name, sibling.name);
      if (owner !== "app") join(child.name, owner);
      for (const { service } of child.dependsOn ?? []) join(child.name, service as string);
      visit(child.name, child);
    }
  };
  visit("app", tree);
  const known = shapesByName(tree);
  // What is added at run time may be added with any dependency.
  return (name) => (known.has(name) ? leaderOf(name) : "");
}
