// The README shows files of the repository as they are. `UPDATE_README=1 npx vitest run … test/readme.test.ts` renews it.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const readme = readFileSync(path("README.md"), "utf8");

/** The README with each block between `<!-- file -->` and `<!-- /file -->` filled with that file. */
function renewed(): string {
  return readme.replace(
    /<!-- (examples\/\S+) -->\n```(\w+)\n[\s\S]*?```\n<!-- \/\1 -->/g,
    (_, file: string, language: string) =>
      `<!-- ${file} -->\n\`\`\`${language}\n${readFileSync(path(file), "utf8").trimEnd()}\n\`\`\`\n<!-- /${file} -->`,
  );
}

it("the README shows the examples as they are", () => {
  if (process.env.UPDATE_README) writeFileSync(path("README.md"), renewed());
  else expect(readme).toBe(renewed());
});

it("every file that the README links to is there", () => {
  const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)\)/g)].map((match) => match[1]!);
  expect(links.filter((link) => !existsSync(path(link)))).toEqual([]);
});
