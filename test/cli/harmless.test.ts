// What a process writes must not control the terminal of the user who watches it.

import { expect, it } from "vitest";
import { harmless } from "../../src/cli/print/harmless.ts";

const escape_ = "\u001b";

it.each([
  ["clearing the screen", `${escape_}[2J${escape_}[Hhello`, "hello"],
  ["moving the cursor", `a${escape_}[3A${escape_}[10;20Hb`, "ab"],
  ["a title, ended by a bell", `${escape_}]0;title\u0007text`, "text"],
  ["a title, ended by a string terminator", `${escape_}]0;title${escape_}\\text`, "text"],
  ["a link", `${escape_}]8;;http://x${escape_}\\link${escape_}]8;;${escape_}\\`, "link"],
  ["a bell, a backspace, a carriage return", "a\u0007b\bc\rd", "abcd"],
  ["a sequence that is cut off", `end${escape_}[`, "end"],
  ["a tab", "a\tb", "a\tb"],
  ["what has none", "plain äöü 漢字 🙂", "plain äöü 漢字 🙂"],
])("%s does nothing", (_, text, shown) => {
  expect(harmless(text, true)).toBe(shown);
});

it("colours stay where colours are wanted, and end with the line", () => {
  const red = `${escape_}[31mred`;
  expect(harmless(red, true)).toBe(`${red}${escape_}[0m`);
  expect(harmless(red, false)).toBe("red");
});
