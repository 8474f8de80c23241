// locate.ts: where in a config file of data an error of the library belongs.

import type { SupervisorError } from "../../contract/errors.ts";
import { type Place, type Problem, parsePlace } from "./problems.ts";
import type { Source } from "./source.ts";

/**
 * An error about the value at `place`, as a problem of the file. Where the message begins with an option that stands in
 * the file ("restart.jitter must be …"), the place is that of the option.
 */
export function toProblem({ message, path }: SupervisorError, place: Place, source: Source): Problem {
  const text = message.startsWith(`${path}: `) ? message.slice(`${path}: `.length) : message;
  const [, option = "", rest = ""] = /^(\S+) (must be [\s\S]*)$/.exec(text) ?? [];
  const inner = [...place, ...parsePlace(option)];
  const position = option === "" ? undefined : source.locate(inner);
  if (position !== undefined) return { place: inner, message: rest, ...position };
  // A probe names its own argument: what it says of it goes for the value at this place.
  const isProbe = /^(http|tcp|exec)Probe$/.test(path ?? "");
  return { place, message: isProbe && rest !== "" ? rest : text, ...source.locate(place) };
}

/** The place of a service, by its path in the tree; of a path that is not there, the place of what is around it. */
export function placeOf(path: string, { value: root }: Source): Place {
  const [, ...names] = path.split("/");
  const place: (string | number)[] = [];
  let value = root as Shaped | undefined;
  for (const name of names) {
    const found = find(value, name);
    if (found === undefined) break;
    place.push(...found);
    value = value?.[found[0]]?.[found[1]];
  }
  return place;
}

const lists = ["services", "singletons", "shards"] as const;

function find(value: Shaped | undefined, name: string): [(typeof lists)[number], number] | undefined {
  for (const list of lists) {
    const children = value?.[list];
    const index = Array.isArray(children) ? children.findIndex((child) => child?.name === name) : -1;
    if (index !== -1) return [list, index];
  }
  return undefined;
}

interface Shaped {
  readonly name?: unknown;
  readonly services?: readonly (Shaped | undefined)[];
  readonly singletons?: readonly (Shaped | undefined)[];
  /** In one set of shards: how many there are. */
  readonly shards?: readonly (Shaped | undefined)[];
}
