// runtime-folder.ts: the folder with the sockets of a user's running trees, and the names in it.

import { createHash, randomBytes } from "node:crypto";
import { linkSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CliError, exitCodes } from "../cli-error.ts";

/** What a project has in the folder: named after the real path of its config file. */
export interface Place {
  readonly socket: string;
  /** Who runs the tree: an `Owner` as JSON. */
  readonly owner: string;
  /** The newest output of the run that ended last. */
  readonly output: string;
  /** The name of the lock, which no other user can guess. */
  readonly lock: string;
}

/** The longest path of a socket, in bytes: that of macOS. */
const longestSocket = 103;

/** @throws CliError 1 when the folder cannot be made, is not safe, or its path is too long */
export function makePlace(configFile: string): Place {
  const folder = runtimeFolder();
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(folder, (error as Error).message);
  }
  checkOwner(folder);
  return placeIn(folder, configFile, secretOf(folder));
}

/** The place of a tree that may run; null when there is no folder yet. @throws CliError 1 when the folder is not safe */
export function findPlace(configFile: string): Place | null {
  const folder = runtimeFolder();
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return null;
  checkOwner(folder);
  return placeIn(folder, configFile, "");
}

/**
 * The same for every shell of a user: XDG_RUNTIME_DIR may be set in one and not in another, TMPDIR too. The user id is a
 * number, so that it needs no entry in the user database.
 */
function runtimeFolder(): string {
  const { STATEVISOR_RUNTIME_DIR: own } = process.env;
  if (own) return own;
  const uid = process.getuid?.() ?? 0;
  const ofUser = `/run/user/${uid}`;
  if (statSync(ofUser, { throwIfNoEntry: false })?.uid === uid) return join(ofUser, "statevisor");
  const base = process.platform === "win32" ? tmpdir() : "/tmp";
  return join(base, `statevisor-${uid}`);
}

/** In a shared folder, another user could have made a folder of this name. */
function checkOwner(folder: string): void {
  const found = lstatSync(folder);
  const isOwn = process.platform === "win32" || (found.uid === process.getuid?.() && (found.mode & 0o077) === 0);
  if (!found.isDirectory() || !isOwn) {
    throw unusable(folder, "it must be a folder of yours that no other user can enter (mode 0700)");
  }
}

function unusable(folder: string, why: string): CliError {
  const hint = "set STATEVISOR_RUNTIME_DIR to another folder";
  return new CliError(exitCodes.failed, `${folder} cannot hold the control socket: ${why}; ${hint}`);
}

function placeIn(folder: string, configFile: string, secret: string): Place {
  const project = hash(configFile).slice(0, 16);
  const socket = process.platform === "win32" ? `\\\\.\\pipe\\statevisor-${project}` : join(folder, `${project}.sock`);
  if (process.platform !== "win32" && Buffer.byteLength(socket) > longestSocket) {
    throw unusable(folder, `its path is too long: a socket's may have ${longestSocket} bytes`);
  }
  const at = (ending: string) => join(folder, `${project}.${ending}`);
  return { socket, owner: at("json"), output: at("out"), lock: hash(`${secret} ${configFile}`) };
}

/** Hexadecimal. */
export function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A secret of the user's, made once: written in full before it gets its name. */
function secretOf(folder: string): string {
  const file = join(folder, "secret");
  const read = () => {
    try {
      return readFileSync(file, "utf8");
    } catch {
      return "";
    }
  };
  const known = read();
  if (known !== "") return known;
  const made = `${file}.${process.pid}`;
  try {
    writeFileSync(made, randomBytes(32).toString("hex"), { mode: 0o600 });
    linkSync(made, file);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (read() === "") throw unusable(folder, (error as Error).message);
  } finally {
    rmSync(made, { force: true });
  }
  return read();
}
