// The peers in other languages, built into a temporary folder where their compilers and libraries are installed
// (Debian: erlang-base, golang with golang-github-thejerf-suture-dev).

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The command of each peer, without workload and size; null, and a message, for one that cannot be built here. */
export function nativePeers(here) {
  const folder = mkdtempSync(join(tmpdir(), "statevisor-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return new Map([
    ["otp", buildOtp(here, folder)],
    ["suture", buildSuture(here, folder)],
  ]);
}

function buildOtp(here, folder) {
  if (!succeeds("erlc", ["-o", folder, `${here}peers/otp.erl`])) return leftOut("otp: no erlc");
  return ["erl", "-noshell", "-pa", folder, "-run", "otp", "main"];
}

function buildSuture(here, folder) {
  const files = spawnSync("dpkg", ["-L", "golang-github-thejerf-suture-dev"], { encoding: "utf8" }).stdout ?? "";
  const path = files.split("\n").find((line) => line.endsWith("/src/github.com/thejerf/suture/v4"));
  if (path === undefined) return leftOut("suture: not installed");
  const program = join(folder, "suture");
  const env = { ...process.env, GO111MODULE: "off", GOPATH: path.slice(0, path.indexOf("/src/")) };
  if (!succeeds("go", ["build", "-o", program, `${here}peers/suture.go`], env)) return leftOut("suture: no go");
  return [program];
}

function succeeds(file, args, env = process.env) {
  return spawnSync(file, args, { env, stdio: ["ignore", "ignore", "inherit"] }).status === 0;
}

function leftOut(why) {
  console.error(`left out: ${why}`);
  return null;
}
