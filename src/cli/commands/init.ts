// init.ts: `init` writes a first config, from a Procfile where there is one.

import { existsSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { CliError, exitCodes } from "../cli-error.ts";
import { configNames } from "../config/find.ts";
import { target, withEnvFile, writeConfig } from "../config/write-config.ts";
import { toName } from "../import/fields.ts";
import { fromProcfile } from "../import/procfile.ts";

/** In the order in which they are looked for. */
const procfiles = ["Procfile", "Procfile.dev"];

/** @throws CliError 2 when there is a config already */
export function init(folder = process.cwd()): number {
  const there = configNames.find((name) => existsSync(resolve(folder, name)));
  if (there !== undefined) throw new CliError(exitCodes.usage, `there is a config already: ${resolve(folder, there)}`);
  const procfile = procfiles.find((file) => existsSync(resolve(folder, file)));
  const name = toName(basename(resolve(folder)), new Set());
  const found =
    procfile === undefined ? undefined : fromProcfile(readFileSync(resolve(folder, procfile), "utf8"), name);
  for (const { place, text } of found?.left ?? []) process.stderr.write(`${procfile}:${place}: ${text}\n`);
  const config = found && withEnvFile(found.config, resolve(folder, procfile!));
  writeConfig(resolve(folder, target), config ?? example(name));
  process.stdout.write(`wrote ${target}${found ? ` from the ${procfile}` : ""}\n`);
  process.stderr.write("`statevisor check` shows the plan, `statevisor up` runs it\n");
  return exitCodes.ok;
}

function example(name: string): string {
  return `name: ${name}
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
