// procfile.ts: a Procfile as a config of ours.

import { asLiterals, type Imported, type Left, toName } from "./fields.ts";

/** Reads lines like "web: node server.js"; a line that is neither that nor a comment is left. */
export function fromProcfile(text: string, name: string): Imported {
  const names = new Set<string>();
  const left: Left[] = [];
  const services = text.split("\n").flatMap((line, at) => {
    const place = `${at + 1}`;
    const [, given, command] = /^([A-Za-z0-9_-]+):\s*(.+?)\s*$/.exec(line) ?? [];
    if (given !== undefined && command !== undefined) {
      const own = toName(given, names);
      if (own !== given) left.push({ place, text: `named "${own}", since "${given}" is there already` });
      return [{ name: own, command: asLiterals(command), shell: true }];
    }
    const isComment = line.trim() === "" || line.startsWith("#");
    if (!isComment) left.push({ place, text: `left out, since it is not "name: command": ${line}` });
    return [];
  });
  return { config: { name, services }, left };
}
