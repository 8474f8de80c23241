// init.ts: `init` writes a first config, from a Procfile where there is one.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { stringify } from "yaml";
import { CliError, exitCodes } from "../cli-error.ts";
import { configNames } from "../config/find.ts";

const target = "statevisor.config.yaml";
/** In the order in which they are looked for. */
const procfiles = ["Procfile", "Procfile.dev"];

/** @throws CliError 2 when there is a config already */
export function init(folder = process.cwd()): number {
  const there = configNames.find((name) => existsSync(resolve(folder, name)));
  if (there !== undefined) throw new CliError(exitCodes.usage, `there is a config already: ${resolve(folder, there)}`);
  const procfile = procfiles.find((file) => existsSync(resolve(folder, file)));
  const processes =
    procfile === undefined ? [] : readProcfile(procfile, readFileSync(resolve(folder, procfile), "utf8"));
  const name = toName(basename(resolve(folder)));
  writeFileSync(resolve(folder, target), processes.length > 0 ? fromProcesses(name, processes) : example(name));
  process.stdout.write(`wrote ${target}${processes.length > 0 ? ` from the ${procfile}` : ""}\n`);
  process.stderr.write("`statevisor check` shows the plan, `statevisor up` runs it\n");
  return exitCodes.ok;
}

const header = `# Run it with \`statevisor up\`; \`statevisor check\` shows the plan.
# yaml-language-server: $schema=./node_modules/statevisor/dist/schema.json
`;

interface Line {
  readonly name: string;
  readonly command: string;
}

/** Reads lines like "web: node server.js"; a line that is neither that nor a comment is reported on stderr. */
function readProcfile(file: string, text: string): Line[] {
  const names = new Set<string>();
  return text.split("\n").flatMap((line, i) => {
    const report = (what: string) => process.stderr.write(`${file}:${i + 1}: ${what}\n`);
    const [, given, command] = /^([A-Za-z0-9_-]+):\s*(.+?)\s*$/.exec(line) ?? [];
    if (given !== undefined && command !== undefined) {
      const name = unusedName(given, names);
      if (name !== given) report(`named "${name}", since "${given}" is there already`);
      names.add(name);
      return [{ name, command }];
    }
    const isComment = line.trim() === "" || line.startsWith("#");
    if (!isComment) report(`left out, since it is not "name: command": ${line}`);
    return [];
  });
}

function unusedName(name: string, names: ReadonlySet<string>): string {
  for (let i = 2, free = name; ; free = `${name}-${i++}`) if (!names.has(free)) return free;
}

function fromProcesses(name: string, processes: readonly Line[]): string {
  const services = processes.map((line) => ({ name: line.name, command: line.command, shell: true }));
  return `${header}${stringify({ name, services })}`;
}

function example(name: string): string {
  return `${header}name: ${name}
services:
  - name: database
    command: [node, -e, "console.log('accepting connections'); setInterval(() => {}, 1000)"]
    readyOn: { line: accepting connections }

  - name: web
    command: [node, -e, "require('http').createServer((_, res) => res.end('ok')).listen(3000)"]
    dependsOn: [database]
    readiness: { http: "http://127.0.0.1:3000/" }
    restart: { maxRetries: 10, initialBackoffMs: 500 }
`;
}

/** The name of a folder, with a dash for what a name must not have. */
function toName(folder: string): string {
  return folder.replace(/[^A-Za-z0-9_.-]+/g, "-").slice(0, 128) || "app";
}
