// procfile.ts: a Procfile as a config of ours.

import { asLiterals, given, type Imported, type Left, toName } from "./fields.ts";

/** The PORT of the first process, and how far that of the next is away from it, as foreman has it. */
const ports = { first: 5_000, step: 100 };
/** A command that needs PORT: one that names it without a default. */
const needsPort = /\$PORT\b|\$\{PORT\}/;

/** Reads lines like "web: node server.js"; a line that is neither that nor a comment is left. */
export function fromProcfile(text: string, name: string): Imported {
  const names = new Set<string>();
  const left: Left[] = [];
  const services: Record<string, unknown>[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    const place = `${at + 1}`;
    const [, key, command] = /^\s*([A-Za-z0-9_-]+)\s*:\s*(.+?)\s*$/.exec(line) ?? [];
    if (key === undefined || command === undefined) {
      const isComment = line.trim() === "" || line.trim().startsWith("#");
      if (!isComment) left.push({ place, text: `left out, since it is not "name: command": ${line}` });
      continue;
    }
    const own = toName(key, names);
    if (own !== key) left.push({ place, text: `named "${own}", since "${key}" is there already` });
    const isRelease = key === "release";
    if (isRelease) left.push({ place, text: "runs once at each deploy there: `statevisor up release` runs it here" });
    services.push(
      given({
        name: own,
        command: asLiterals(command),
        shell: true,
        port: needsPort.test(command) ? ports.first + ports.step * services.length : undefined,
        ...(isRelease && { restart: "never", enabled: false }),
      }),
    );
  }
  return { config: { name, services }, left };
}
