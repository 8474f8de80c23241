// Where the running tree of a project is reached: a socket in a folder that only this user can enter.

import { createHash } from "node:crypto";
import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { CliError, exitCodes } from "../cli-error.ts";

/** One per project: the config file's real path names it. Short, since a socket's path is limited to about 100 bytes. */
export function socketPath(configFile: string): string {
  const project = createHash("sha256").update(configFile).digest("hex").slice(0, 16);
  if (process.platform === "win32") return `\\\\.\\pipe\\statevisor-${project}`;
  return join(runtimeFolder(), `${project}.sock`);
}

function runtimeFolder(): string {
  const { XDG_RUNTIME_DIR: base } = process.env;
  return base ? join(base, "statevisor") : join(tmpdir(), `statevisor-${userInfo().uid}`);
}

/**
 * Makes the folder of the sockets (mode 0700), and checks that it is ours: in a shared folder for temporary files
 * anybody could have made one of that name.
 */
export function ensureRuntimeFolder(): void {
  if (process.platform === "win32") return;
  const folder = runtimeFolder();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (found.isDirectory() && found.uid === userInfo().uid && (found.mode & 0o077) === 0) return;
  throw new CliError(
    exitCodes.failed,
    `${folder} must be a folder of yours that nobody else can enter (mode 0700), since the control socket is put there; remove it or set XDG_RUNTIME_DIR`,
  );
}
