// The README shows files of the repository as they are, and the charts. `UPDATE_README=1 npx vitest run … test/readme.test.ts` renews it.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { AnyStateMachine } from "xstate";
import { probeMachine, serviceMachine, supervisorMachine } from "../machines/index.ts";
import { formatStatechart } from "../src/cli/format-statechart.ts";

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const readme = readFileSync(path("README.md"), "utf8");

/** The README with each block between `<!-- file -->` and `<!-- /file -->` filled with that file; `chart name`: with that chart. */
function renewed(): string {
  return readme
    .replace(
      /<!-- (examples\/\S+) -->\n```(\w+)\n[\s\S]*?```\n<!-- \/\1 -->/g,
      (_, file: string, language: string) =>
        `<!-- ${file} -->\n\`\`\`${language}\n${readFileSync(path(file), "utf8").trimEnd()}\n\`\`\`\n<!-- /${file} -->`,
    )
    .replace(
      /<!-- chart (\w+) -->\n[\s\S]*?<!-- \/chart \1 -->/g,
      (_, name: string) => `<!-- chart ${name} -->\n${toChart(name, machines[name]!)}\n<!-- /chart ${name} -->`,
    );
}

const machines: Record<string, AnyStateMachine> = {
  service: serviceMachine,
  supervisor: supervisorMachine,
  probe: probeMachine,
};

function toChart(name: string, machine: AnyStateMachine): string {
  const [picture, table] = [formatStatechart(machine, "mermaid"), formatStatechart(machine, "markdown")];
  const summary = `<summary>Every transition of the ${name} chart</summary>`;
  return `\`\`\`mermaid\n${picture}\n\`\`\`\n\n<details>\n${summary}\n\n${table}\n\n</details>`;
}

it("the README shows the examples and the charts as they are", () => {
  if (process.env.UPDATE_README) writeFileSync(path("README.md"), renewed());
  else expect(readme).toBe(renewed());
});

it("the README shows every chart", () => {
  const shown = [...readme.matchAll(/^<!-- chart (\w+) -->$/gm)].map((match) => match[1]);
  expect(shown.sort()).toEqual(Object.keys(machines).sort());
});

it("every file that the README links to is there", () => {
  const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)\)/g)].map((match) => match[1]!);
  expect(links.filter((link) => !existsSync(path(link)))).toEqual([]);
});
