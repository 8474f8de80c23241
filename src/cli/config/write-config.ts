// write-config.ts: writes a first config, for `init` and `import`.

import { existsSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { stringify } from "yaml";

/** The name of the file that is written. */
export const target = "statevisor.config.yaml";

/** A config made from the file of another tool, with the .env file beside that, which all but PM2 read. */
export function withEnvFile(config: Record<string, unknown>, file: string): Record<string, unknown> {
  const { name, ...rest } = config;
  const isPm2 = /\.(json|[cm]?js)$/.test(file);
  if (isPm2 || config.envFile !== undefined || !existsSync(resolve(dirname(file), ".env"))) return config;
  return { name, envFile: ".env", ...rest };
}

/** `config`: as data, or as text. */
export function writeConfig(file: string, config: object | string): void {
  const header = `# Run it with \`statevisor up\`; \`statevisor check\` shows the plan.
# yaml-language-server: $schema=./node_modules/statevisor/dist/schema.json
`;
  writeFileSync(file, `${header}${typeof config === "string" ? config : stringify(config)}`);
}
