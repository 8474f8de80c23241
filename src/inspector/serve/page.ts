// page.ts: serves the built files of the page, and nothing else of the disk.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { safeHeaders } from "./access.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

interface File {
  readonly type: string;
  readonly body: Buffer;
  readonly policy: string;
}

const policyName = "content-security-policy";

/** What may run: the scripts of this server, and of the lines in the HTML those with these digests. */
function toPolicy(type: string, body: Buffer): string {
  const policy = safeHeaders[policyName];
  if (!type.startsWith("text/html")) return policy;
  const digests = [...body.toString().matchAll(inlineScripts)].map(
    ([, script = ""]) => ` 'sha256-${createHash("sha256").update(script).digest("base64")}'`,
  );
  return policy.replace("script-src 'self'", (own) => own + digests.join(""));
}

/** The scripts in the HTML itself. */
export const inlineScripts = /<script>(.*?)<\/script>/gs;

let files: Map<string, File> | undefined;

/** Answers with a file of the page; false if the page has no such file. */
export function servePage(pathname: string, res: ServerResponse, method: string | undefined): boolean {
  const file = readPage().get(pathname === "/" ? "/index.html" : pathname);
  if (file === undefined) return false;
  // The name of an asset changes with its content.
  const cache = pathname.startsWith("/assets/") ? "max-age=31536000, immutable" : "no-store";
  res.writeHead(200, {
    ...safeHeaders,
    [policyName]: file.policy,
    "content-type": file.type,
    "content-length": file.body.length,
    "cache-control": cache,
  });
  res.end(method === "HEAD" ? undefined : file.body);
  return true;
}

/** The files of the page by their paths, read once; empty when the page is not built. */
export function readPage(): ReadonlyMap<string, File> {
  files ??= readFiles();
  return files;
}

function readFiles(): Map<string, File> {
  const found = new Map<string, File>();
  try {
    const folder = join(dirname(createRequire(import.meta.url).resolve("statevisor/package.json")), "dist", "page");
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(folder.length).replaceAll("\\", "/");
      const type = types[extname(name)] ?? "application/octet-stream";
      const body = readFileSync(path);
      found.set(name, { type, body, policy: toPolicy(type, body) });
    }
  } catch {
    // There is no page before the first build, nor in a program that the package was bundled into.
  }
  return found;
}
