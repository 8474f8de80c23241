// Pages: the READMEs of a folder and what their links lead to, in the repository and in the packed package.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Every Markdown file below a folder, but for what is installed or built. */
export function findPages(folder: string): string[] {
  const below = (path: string): string[] =>
    readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
      const name = join(path, entry.name);
      if (!entry.isDirectory()) return name.endsWith(".md") ? [name] : [];
      return ["node_modules", "dist", ".git"].includes(entry.name) ? [] : below(name);
    });
  return below("").sort();
}

/** The relative links of a page that lead nowhere: to no file, or to no heading of it. */
export function findDeadLinks(folder: string, page: string): string[] {
  const links = [...withoutCode(readFileSync(join(folder, page), "utf8")).matchAll(/\]\((?![a-z]+:)([^)\s]+)\)/g)];
  return links.map((match) => match[1]!).filter((link) => !leadsSomewhere(folder, page, link));
}

/** The files that a page names in code, `tree/unit.ts`, that are neither below its folder nor below the root. */
export function findUnknownFiles(folder: string, page: string): string[] {
  const names = [
    ...withoutCode(readFileSync(join(folder, page), "utf8")).matchAll(/`((?:[\w.-]+\/)+[\w-]+\.(?:ts|mjs|md))`/g),
  ];
  return names
    .map((match) => match[1]!)
    .filter((name) => !existsSync(join(folder, dirname(page), name)) && !existsSync(join(folder, name)));
}

function leadsSomewhere(folder: string, page: string, link: string): boolean {
  const [path, heading] = link.split("#") as [string, string?];
  const target = path === "" ? join(folder, page) : join(folder, dirname(page), path);
  if (!existsSync(target)) return false;
  if (heading === undefined || statSync(target).isDirectory()) return heading === undefined;
  return headingsOf(readFileSync(target, "utf8")).includes(heading);
}

/** The anchors of a page's headings, as GitHub makes them. */
function headingsOf(page: string): string[] {
  return [...withoutCode(page).matchAll(/^#+ (.+)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function withoutCode(page: string): string {
  return page.replace(/^```[\s\S]*?^```$/gm, "");
}
