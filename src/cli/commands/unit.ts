// unit.ts: `unit` prints a systemd unit that runs this config by `up`.

import { userInfo } from "node:os";
import { dirname } from "node:path";
import type { TreeDescription } from "../../contract/description.ts";
import { describeTree } from "../../index.ts";
import { exitCodes } from "../cli-error.ts";
import { findConfig } from "../config/find.ts";
import { loadConfig } from "../config/load.ts";
import { stopMsOf } from "../config/stop-time.ts";
import { listChildren } from "../print/children.ts";

export interface UnitOptions {
  config?: string;
  /** For the user's own service manager. */
  user?: boolean;
  profile?: string[];
}

export async function unit({ config, user = false, profile = [] }: UnitOptions): Promise<number> {
  const { file, spec } = await loadConfig(findConfig(config), { profiles: profile });
  const tree = describeTree(spec);
  process.stdout.write(toUnit(tree, file, { isUser: user, profile }));
  const name = `${tree.name}.service`;
  const manager = user ? "systemctl --user" : "systemctl";
  const folder = user ? "~/.config/systemd/user" : "/etc/systemd/system";
  const lines = [
    `put it in ${folder}/${name}, then: ${manager} daemon-reload && ${manager} enable --now ${name}`,
    ...(user ? ["`loginctl enable-linger` lets it run while you are not logged in"] : []),
    `\`${manager} reload ${name}\` applies a changed config`,
  ];
  process.stderr.write(lines.map((line) => `${line}\n`).join(""));
  return exitCodes.ok;
}

interface UnitPlace {
  readonly isUser: boolean;
  readonly profile: readonly string[];
}

function toUnit(tree: TreeDescription, file: string, { isUser, profile }: UnitPlace): string {
  const profiles = profile.length > 0 ? ["--profile", ...profile] : [];
  const command = [process.execPath, process.argv[1]!, "up", "-c", file, ...profiles].map(quote).join(" ");
  const { username, uid } = userOf();
  return `[Unit]
Description=${tree.name}, run by statevisor
Documentation=man:systemd.service(5)
After=network-online.target
Wants=network-online.target
# The tree has retries of its own; systemd's are for a process that dies.
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=all
WorkingDirectory=${asLiteral(dirname(file))}
ExecStart=${command}
ExecReload=/bin/kill -HUP $MAINPID
${isUser || uid === 0 ? "" : `User=${username}\n`}Environment=${quote(`PATH=${process.env.PATH ?? ""}`)}
Restart=on-failure
RestartSec=1
# A start has the timeouts of its services.
TimeoutStartSec=infinity
# The deadlines of the services, one after another.
TimeoutStopSec=${stopSeconds(tree)}
# Longer than a service that comes back may take.
WatchdogSec=${watchdogSeconds(tree)}
KillMode=mixed

[Install]
WantedBy=${isUser ? "default.target" : "multi-user.target"}
`;
}

/** A user without an entry in the user database has a number alone. */
function userOf(): { username: string; uid: number } {
  try {
    return userInfo();
  } catch {
    const uid = process.getuid?.() ?? 0;
    return { username: String(uid), uid };
  }
}

/** What systemd would expand stays as it is: % in all settings. */
function asLiteral(text: string): string {
  return text.replaceAll("%", "%%");
}

/** A word of a command or an assignment: $ would be a variable, a blank would end it. */
function quote(word: string): string {
  const escaped = asLiteral(word).replaceAll("$", "$$$$");
  return /^[\w@%+=:,./$-]+$/.test(escaped) ? escaped : `"${escaped.replace(/["\\]/g, "\\$&")}"`;
}

/** Five seconds more than the deadlines of what stops one after another. */
function stopSeconds(tree: TreeDescription): string {
  const ms = stopMsOf(tree);
  return ms === Number.POSITIVE_INFINITY ? "infinity" : String(Math.ceil(ms / 1_000) + 5);
}

function watchdogSeconds(tree: TreeDescription): number {
  const longest = Math.max(0, ...listChildren(tree).map(({ restart }) => restart.maxBackoffMs));
  return Math.max(60, Math.ceil((3 * longest) / 1_000));
}
