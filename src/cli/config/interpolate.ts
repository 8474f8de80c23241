// interpolate.ts: puts variables of the environment into the strings of a config file of data.
//
// ${NAME} is the variable, ${NAME:-text} the text where it is not set or empty, $$ a dollar sign. A string that is nothing
// but one variable becomes a number or a truth value if it looks like one, as it would if it stood in the file.

import type { Place, Problem } from "./problems.ts";
import { ConfigError } from "./problems.ts";
import type { Source } from "./source.ts";

/** Variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

const pattern = /\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g;
const onlyOne = /^\$\{[^}]*\}$/;
/** What such a string may become. */
const scalars: readonly [RegExp, (text: string) => unknown][] = [
  [/^-?\d+(\.\d+)?$/, Number],
  [/^(true|false)$/, (text) => text === "true"],
];

/** The value of a source with the variables in it. @throws ConfigError with a problem for each that is missing */
export function interpolate(file: string, source: Source, variables: Variables): Source {
  const problems: Problem[] = [];
  const value = replaceIn(source.value, variables, [], (place, message) =>
    problems.push({ place, message, ...source.locate(place) }),
  );
  if (problems.length > 0) throw new ConfigError(file, problems);
  return { ...source, value };
}

/**
 * The same for a part of the value. `onProblem` is told of each variable that is missing. `instance`: whose variables a
 * service with instances has.
 */
export function replaceIn(
  value: unknown,
  variables: Variables,
  place: Place,
  onProblem: (place: Place, message: string) => void,
  instance = 0,
): unknown {
  if (typeof value === "string") return replace(value, variables, place, onProblem);
  if (typeof value !== "object" || value === null) return value;
  // The port of a service may be a variable itself.
  const port = "port" in value ? { port: replaceIn(value.port, variables, place, () => {}) } : {};
  const inner = { ...variables, ...ownVariables({ ...value, ...port }, instance) };
  const replaced = (key: string | number, member: unknown) =>
    replaceIn(member, inner, [...place, key], onProblem, instance);
  if (Array.isArray(value)) return value.map((member, index) => replaced(index, member));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaced(key, member)]));
}

function replace(
  text: string,
  variables: Variables,
  place: Place,
  onProblem: (place: Place, message: string) => void,
): unknown {
  if (!text.includes("$")) return text;
  const replaced = text.replace(pattern, (found, name: string | undefined, otherwise: string | undefined) => {
    if (found === "$$") return "$";
    if (name === undefined) {
      onProblem(place, `"\${" begins a variable, \${NAME} or \${NAME:-text}; write $\${ for the two characters`);
      return "";
    }
    const given = variables[name];
    const value = otherwise === undefined ? given : given || otherwise;
    if (value === undefined) {
      onProblem(
        place,
        `the variable ${name} is not set; write \${${name}:-text} for a default, $\${ for the two characters`,
      );
    }
    return value ?? "";
  });
  if (!onlyOne.test(text)) return replaced;
  const [, read] = scalars.find(([looks]) => looks.test(replaced)) ?? [];
  return read === undefined ? replaced : read(replaced);
}

/**
 * The variables that a service with `instances` or `port` gives its instances, the n-th from 0. The file as it stands is
 * read with those of the first.
 */
export function ownVariables(service: object, instance: number): Variables {
  if (!("command" in service)) return {};
  const { instances, port, sharePort } = service as { instances?: unknown; port?: unknown; sharePort?: unknown };
  return {
    ...(instances !== undefined && { INSTANCE: `${instance}` }),
    ...(typeof port === "number" && { PORT: `${sharePort === true ? port : port + instance}` }),
  };
}
