// script.ts: prints a history as a test of its own.

import type { History } from "./commands.ts";

/** Text to be pasted into a file of a folder beside this one. */
export function toScript({ tree, commands }: History, name: string): string {
  const lines = commands.map((command) => `      ${JSON.stringify(command)},`);
  return [
    `import { it } from "vitest";`,
    `import { replay } from "../world/world.ts";`,
    "",
    `it("${name}", async () => {`,
    "  await replay({",
    `    tree: ${JSON.stringify(tree, null, 2).replaceAll("\n", "\n    ")},`,
    "    commands: [",
    ...lines,
    "    ],",
    "  });",
    "});",
  ].join("\n");
}
