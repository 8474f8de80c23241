// Makes the folders and files that the stack needs before its programs start, and finds the programs on Debian.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chmod, chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface Ports {
  readonly nginx: number;
  readonly api: number;
}

/** The folder of PostgreSQL's programs, which Debian keeps out of the PATH, by version; empty if they are on the PATH. */
export function findPostgres(): string {
  const base = "/usr/lib/postgresql";
  if (!existsSync(base)) return "";
  const versions = readdirSync(base).sort((a, b) => Number(b) - Number(a));
  return versions.length === 0 ? "" : `${join(base, versions[0]!, "bin")}/`;
}

/** The user that PostgreSQL runs as: for root the one that the package made, else the caller. */
export function unprivilegedUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: idOf("-u"), gid: idOf("-g") };
}

export async function prepare(
  folder: string,
  ports: Ports,
  { uid, gid }: { uid?: number; gid?: number },
): Promise<void> {
  const [data, pages] = [join(folder, "postgres"), join(folder, "pages")];
  await Promise.all([data, pages].map((path) => mkdir(path, { recursive: true })));
  // The database's user must reach its folder; other users must not see what is in it.
  await chmod(folder, 0o755);
  await chmod(data, 0o700);
  if (uid !== undefined && gid !== undefined) await chown(data, uid, gid);
  await writeFile(join(pages, "greeting.txt"), "Welcome to the stack.\n");
  await writeFile(join(folder, "nginx.conf"), nginxConfig(folder, ports));
}

function nginxConfig(folder: string, { nginx, api }: Ports): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `  ${name}_temp_path ${join(folder, name)};`)
    .join("\n");
  return `daemon off;
${process.getuid?.() === 0 ? "user root;" : ""}
pid ${join(folder, "nginx.pid")};
error_log stderr;
events {}
http {
  access_log off;
${temporary}
  server {
    listen 127.0.0.1:${nginx};
    location = /greeting.txt { root ${join(folder, "pages")}; }
    location / { proxy_pass http://127.0.0.1:${api}; }
  }
}
`;
}
