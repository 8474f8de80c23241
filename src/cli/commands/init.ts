// init.ts: `init` writes a first config, from a Procfile where there is one.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { stringify } from "yaml";
import { CliError, exitCodes } from "../cli-error.ts";
import { configNames } from "../config/find.ts";

const target = "statevisor.config.yaml";

/** @throws CliError 2 when there is a config already */
export function init(folder = process.cwd()): number {
  const there = configNames.find((name) => existsSync(resolve(folder, name)));
  if (there !== undefined) throw new CliError(exitCodes.usage, `there is a config already: ${resolve(folder, there)}`);
  const procfile = resolve(folder, "Procfile");
  const processes = existsSync(procfile) ? readProcfile(readFileSync(procfile, "utf8")) : [];
  const name = toName(basename(resolve(folder)));
  writeFileSync(resolve(folder, target), processes.length > 0 ? fromProcesses(name, processes) : example(name));
  process.stdout.write(`wrote ${target}${processes.length > 0 ? " from the Procfile" : ""}\n`);
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
function readProcfile(text: string): Line[] {
  return text.split("\n").flatMap((line, i) => {
    const [, name, command] = /^([A-Za-z0-9_-]+):\s*(.+?)\s*$/.exec(line) ?? [];
    if (name !== undefined && command !== undefined) return [{ name, command }];
    const isComment = line.trim() === "" || line.startsWith("#");
    if (!isComment) process.stderr.write(`Procfile:${i + 1}: left out, since it is not "name: command": ${line}\n`);
    return [];
  });
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
