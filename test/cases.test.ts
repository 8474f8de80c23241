// CASES.md lists what users of other systems rely on or have met in the field, and the tests that hold each case. A
// test names a case in a comment ("Case 12", "cases W1, W8"). UPDATE_CASES=1 renews the last column of the table.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));
const table = readFileSync(`${here}CASES.md`, "utf8");

const files = readdirSync(here, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts") && !file.includes("node_modules") && file !== "cases.test.ts")
  .sort();

/** The files that name a case, by its number: "12", or "W3" for one from the field. */
const naming = new Map<string, string[]>();
for (const file of files) {
  for (const [, list] of readFileSync(here + file, "utf8").matchAll(
    /\/\/.*\b[Cc]ases? ([A-Z]?\d+(?:(?:, and |, | and )[A-Z]?\d+)*)/g,
  )) {
    for (const number of list!.match(/[A-Z]?\d+/g)!) {
      const names = naming.get(number) ?? [];
      if (!names.includes(file)) naming.set(number, [...names, file]);
    }
  }
}

const row = /^\| ([A-Z]?\d+) \| (.*) \| (.*) \|$/gm;

function renewed(): string {
  return table.replace(row, (line, number: string, what: string, where: string) => {
    const names = naming.get(number);
    if (names === undefined && where.startsWith("does not apply: ")) return line;
    return `| ${number} | ${what} | ${names?.map((name) => `[${name}](${name})`).join(", ") ?? "NO TEST"} |`;
  });
}

it("every case has a test that names it, or a reason why it does not apply", () => {
  if (process.env.UPDATE_CASES) writeFileSync(`${here}CASES.md`, renewed());
  else expect(table).toBe(renewed());
  expect(table).not.toContain("NO TEST");
});

it("there are 93 cases, and those from the field, each once", () => {
  const numbers = [...table.matchAll(row)].map((match) => match[1]!);
  expect(numbers).toEqual([...new Set(numbers)]);
  const plain = numbers.filter((number) => /^\d+$/.test(number)).map(Number);
  expect(plain).toEqual(plain.toSorted((a, b) => a - b));
  expect(plain).toHaveLength(93);
});

it("every numbered case that a test names is in the table", () => {
  const numbers = new Set([...table.matchAll(row)].map((match) => match[1]!));
  expect([...naming].filter(([number]) => /^\d/.test(number) && !numbers.has(number))).toEqual([]);
});
