// run-as.ts: how a program is run as another user: with the group, the other groups and the home of that user.
//
// Node sets the user and the group of what it spawns, and takes all other groups away. Where the user has some, the
// program `setpriv` of Linux sets them, and becomes the program that is to be run. Every environment carries the mark.

import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, realpathSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { promisify } from "node:util";
import { markVariable, processMark } from "./mark.ts";

/** A user and a group, each by number or by name. */
export interface Identity {
  readonly uid?: number | string | undefined;
  readonly gid?: number | string | undefined;
}

/** What `spawn` is given. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
}

interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
  /** Laid over the environment of this process, and over what follows from the user. */
  readonly env: Record<string, string | undefined> | undefined;
}

/** @throws Error for a name that the user database does not have, and for a user of whom it knows no group */
export async function launchAs({ uid, gid }: Identity, { file, args, cwd, env }: Program): Promise<Launch> {
  const mark = { [markVariable]: processMark };
  const own: Launch = { file, args, env: { ...process.env, ...env, ...mark } };
  const group = gid === undefined ? undefined : await groupNumber(gid);
  if (uid === undefined) return group === undefined ? own : { ...own, gid: group };
  const user = await findUser(uid);
  if (user === undefined && (typeof uid === "string" || group === undefined)) {
    const hint = typeof uid === "string" ? "" : ": say its `gid`, too";
    throw new Error(`there is no user ${uid} in the user database${hint}`);
  }
  const ids = { uid: user?.uid ?? (uid as number), gid: group ?? user!.gid };
  const launch = { ...own, env: { ...process.env, ...homeOf(user), ...env, ...mark } };
  const others = user === undefined ? [] : otherGroups(user.name, ids.gid);
  // Whoever is that user already has its groups, and may set none.
  if (process.getuid?.() === ids.uid && process.getgid?.() === ids.gid) return launch;
  const setpriv = others.length > 0 ? findSetpriv(file, launch.env, cwd) : undefined;
  if (setpriv === undefined) return { ...launch, ...ids };
  const groups = [ids.gid, ...others].join(",");
  return {
    file: setpriv,
    args: [`--reuid=${ids.uid}`, `--regid=${ids.gid}`, `--groups=${groups}`, "--", file, ...args],
    env: launch.env,
  };
}

interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

function homeOf(user: User | undefined): Record<string, string | undefined> {
  if (user === undefined) return { HOME: "/", USER: undefined, LOGNAME: undefined, SHELL: "/bin/sh" };
  return { HOME: user.home || "/", USER: user.name, LOGNAME: user.name, SHELL: user.shell || "/bin/sh" };
}

async function findUser(wanted: number | string): Promise<User | undefined> {
  const isIt = ([name, , uid]: readonly string[]) => (typeof wanted === "string" ? name : Number(uid)) === wanted;
  const found = (await lookUp("passwd", wanted, isIt)) as
    | [string, string, string, string, string, string, string]
    | undefined;
  if (found === undefined) return undefined;
  const [name, , uid, gid, , home = "", shell = ""] = found;
  return { name, uid: Number(uid), gid: Number(gid), home, shell };
}

async function groupNumber(wanted: number | string): Promise<number> {
  if (typeof wanted === "number") return wanted;
  const found = await lookUp("group", wanted, ([name]) => name === wanted);
  if (found === undefined) throw new Error(`there is no group ${wanted} in the group database`);
  return Number(found[2]);
}

function otherGroups(user: string, own: number): number[] {
  return rowsOf("group")
    .filter(([, , , members = ""]) => members.split(",").includes(user))
    .map(([, , gid]) => Number(gid))
    .filter((gid) => gid !== own);
}

/** The row of a user or a group: of the file, or else of the services that the machine asks (LDAP and others). */
async function lookUp(
  database: "passwd" | "group",
  wanted: number | string,
  isIt: (row: readonly string[]) => boolean,
): Promise<string[] | undefined> {
  const inFile = rowsOf(database).find(isIt);
  if (inFile !== undefined) return inFile;
  const answer = await promisify(execFile)("getent", [database, String(wanted)], { timeout: 5_000 }).catch(() => null);
  return answer === null ? undefined : answer.stdout.trim().split(":");
}

function rowsOf(database: "passwd" | "group"): string[][] {
  try {
    return readFileSync(`/etc/${database}`, "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.split(":"));
  } catch {
    return [];
  }
}

/** Where `setpriv` of util-linux is; undefined for a program that is not there, so that `spawn` says so. */
function findSetpriv(file: string, env: NodeJS.ProcessEnv, cwd = process.cwd()): string | undefined {
  const setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].find((path) => existsSync(path));
  // That of BusyBox sets no groups.
  if (setpriv === undefined || realpathSync(setpriv).endsWith("busybox")) return undefined;
  const places = file.includes("/") ? [""] : (env.PATH ?? "/usr/bin:/bin").split(delimiter);
  return places.some((place) => isExecutable(resolve(cwd, place, file))) ? setpriv : undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
