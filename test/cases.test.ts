// CASES.md: what users of other supervision systems rely on, and which test of ours holds it. A test names a case in a
// comment ("Case 12", "cases 12, 13"). UPDATE_CASES=1 renews the table's last column.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));
const table = readFileSync(`${here}CASES.md`, "utf8");

const files = readdirSync(here, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts") && !file.includes("node_modules") && file !== "cases.test.ts")
  .sort();

/** The files that name a case, by its number. */
const naming = new Map<number, string[]>();
for (const file of files) {
  for (const [, list] of readFileSync(here + file, "utf8").matchAll(
    /\/\/.*\b[Cc]ases? (\d+(?:(?:, and |, | and )\d+)*)/g,
  )) {
    for (const number of list!.match(/\d+/g)!.map(Number)) {
      const names = naming.get(number) ?? [];
      if (!names.includes(file)) naming.set(number, [...names, file]);
    }
  }
}

const row = /^\| (\d+) \| (.*) \| (.*) \|$/gm;

function renewed(): string {
  return table.replace(row, (line, number: string, what: string, where: string) => {
    const names = naming.get(Number(number));
    if (names === undefined && where.startsWith("does not apply: ")) return line;
    return `| ${number} | ${what} | ${names?.map((name) => `[${name}](${name})`).join(", ") ?? "NO TEST"} |`;
  });
}

it("every case has a test that names it, or a reason why it does not apply", () => {
  if (process.env.UPDATE_CASES) writeFileSync(`${here}CASES.md`, renewed());
  else expect(table).toBe(renewed());
  expect(table).not.toContain("NO TEST");
});

it("there are 93 cases, each once", () => {
  const numbers = [...table.matchAll(row)].map((match) => Number(match[1]));
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  expect(numbers).toHaveLength(93);
});
