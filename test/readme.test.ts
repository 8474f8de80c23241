// The READMEs show files of the repository as they are, and the charts, and every link of theirs leads somewhere.
// `UPDATE_README=1 npx vitest run --config test/vitest.config.ts test/readme.test.ts` renews them.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import type { AnyStateMachine } from "xstate";
import { membershipMachine, probeMachine, roleMachine, serviceMachine, supervisorMachine } from "../machines/index.ts";
import { formatStatechart } from "../src/cli/format-statechart.ts";
import { findDeadLinks, findPages, findUnknownFiles, root } from "./support/pages.ts";

const machines: Record<string, AnyStateMachine> = {
  service: serviceMachine,
  supervisor: supervisorMachine,
  probe: probeMachine,
  membership: membershipMachine,
  role: roleMachine,
};

const read = (file: string) => readFileSync(join(root, file), "utf8");

/** The page with each block between `<!-- file -->` and `<!-- /file -->` filled with that file; `chart name`: with that chart. */
function renew(page: string): string {
  return page
    .replace(
      /<!-- (examples\/\S+) -->\n```(\w+)\n[\s\S]*?```\n<!-- \/\1 -->/g,
      (_, file: string, language: string) =>
        `<!-- ${file} -->\n\`\`\`${language}\n${read(file).trimEnd()}\n\`\`\`\n<!-- /${file} -->`,
    )
    .replace(
      /<!-- chart (\w+) -->\n[\s\S]*?<!-- \/chart \1 -->/g,
      (_, name: string) => `<!-- chart ${name} -->\n${toChart(name, machines[name]!)}\n<!-- /chart ${name} -->`,
    );
}

function toChart(name: string, machine: AnyStateMachine): string {
  const [picture, table] = [formatStatechart(machine, "mermaid"), formatStatechart(machine, "markdown")];
  const summary = `<summary>Every transition of the ${name} chart</summary>`;
  return `\`\`\`mermaid\n${picture}\n\`\`\`\n\n<details>\n${summary}\n\n${table}\n\n</details>`;
}

const pages = findPages(root);

it.for(pages)("%s shows the examples and the charts as they are", (page) => {
  if (process.env.UPDATE_README) writeFileSync(join(root, page), renew(read(page)));
  else expect(read(page)).toBe(renew(read(page)));
});

it("machines/README.md shows every chart", () => {
  const shown = [...read("machines/README.md").matchAll(/^<!-- chart (\w+) -->$/gm)].map((match) => match[1]);
  expect(shown.sort()).toEqual(Object.keys(machines).sort());
});

it.for(pages)("every link in %s leads to a file or a heading", (page) => {
  expect(findDeadLinks(root, page)).toEqual([]);
});

it.for(pages)("every file that %s names is there", (page) => {
  expect(findUnknownFiles(root, page)).toEqual([]);
});

it("examples/README.md lists every example", () => {
  const listed = [...read("examples/README.md").matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1]!);
  const examples = readdirSync(join(root, "examples")).filter((name) => /^\d.*(?<!-thread)\.ts$|^[a-z]+$/.test(name));
  expect(listed.sort()).toEqual(examples.sort());
});

it("every folder that a user or a contributor enters has a README", () => {
  const folders = [
    ".",
    "examples",
    "machines",
    "src",
    ...["cli", "cluster", "http", "inspector", "node", "testing"].map((name) => `src/${name}`),
  ];
  expect(folders.filter((folder) => !existsSync(join(root, folder, "README.md")))).toEqual([]);
  expect(pages.map((page) => dirname(page))).toEqual(expect.arrayContaining(folders));
});
