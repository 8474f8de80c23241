// possible.ts: whether a command does anything in the state that a world is in.

import { type Command, isFlag } from "../world/commands.ts";
import type { World } from "../world/world.ts";

export function isPossible(world: World, command: Command): boolean {
  const { clock, puppets, shapes } = world;
  if (isFlag(command)) return puppets.has(command[0], command[1]) !== command[2];
  switch (command[0]) {
    case "next":
      return clock.pending > 0;
    case "abort":
      return world.runs.canAbort(command[1]);
    case "addAgain":
      return ![...shapes.values()].some(({ name }) => name === command[1]);
    case "now":
      return isPossible(world, command[1]);
    case "onState":
      return !world.deeds.armed.has(`${command[1]} is ${command[2]}`);
    case "inside":
      return !world.deeds.armed.has(`${command[1]} ${command[2]}`);
    case "fail":
    case "complete":
      return puppets.lives.isAlive(command[1]);
    case "endLate":
      return puppets.lives.isLate(command[1]);
    case "ready":
    case "blame":
      return puppets.lives.contextsOf(command[1])[command[2]] !== undefined;
    case "startService":
    case "stopService":
    case "restartService":
    case "removeService":
    case "replaceService":
      return [...shapes.values()].some(({ name }) => name === command[1]);
    default:
      return true;
  }
}
