// sites.ts: the line of the user's code that a stack begins at.

/** The folder of this library: `src/`, or `dist/src/`. */
const own = new URL("../", import.meta.url).href.replace("file://", "");

/** `"src/services.ts:44"`, from the folder of the process on; null if no line of a stack is the user's. */
export function siteOf({ stack = "" }: Error): string | null {
  for (const line of stack.split("\n").slice(1)) {
    const place = /\(?((?:file:\/\/)?[^()\s]+):(\d+):\d+\)?$/.exec(line.trim());
    if (place === null) continue;
    const file = place[1]!.replace("file://", "");
    if (file.startsWith("node:") || file.startsWith(own) || file.includes("/node_modules/")) continue;
    return `${shorten(file)}:${place[2]}`;
  }
  return null;
}

function shorten(file: string): string {
  const { process: host } = globalThis as { process?: { cwd?(): string } };
  const folder = `${host?.cwd?.() ?? ""}/`;
  return file.startsWith(folder) ? file.slice(folder.length) : file;
}
