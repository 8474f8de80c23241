// installPm2: PM2's command, installed for the bench alone in a folder of its own.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The path of the program. */
export function installPm2() {
  const folder = fileURLToPath(new URL("./node_modules/.pm2", import.meta.url));
  const program = join(folder, "node_modules", "pm2", "bin", "pm2");
  if (existsSync(program)) return program;
  console.error("installing PM2 (for the bench alone)");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  execFileSync("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", "pm2"], { stdio: "inherit" });
  return program;
}
