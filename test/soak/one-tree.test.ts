// A short version of the soak: each obstacle once.

import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const program = fileURLToPath(new URL("one-tree.mjs", import.meta.url));

// Cases K3, H4 and H7.
it("ten commands at once run one tree, beside whatever others have left behind", { timeout: 240_000 }, async () => {
  const child = spawn(process.execPath, [program, "--rounds", "9"]);
  const [output, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once("exit", resolve)),
  ]);
  expect(`${output}${errors}`).toBe("9 rounds of 10 commands beside 9 kinds of obstacles: 0 promises broken\n");
  expect(code).toBe(0);
});
