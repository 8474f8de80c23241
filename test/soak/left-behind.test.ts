// A short version of the soak: what is left of the services after a few kills of `up`. Case H1.

import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const program = fileURLToPath(new URL("left-behind.mjs", import.meta.url));

it("a kill of the command leaves nothing behind, at whatever moment", { timeout: 120_000 }, async () => {
  const child = spawn(process.execPath, [program, "--rounds", "16", "--beside", "4"]);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(`${output}${errors}`).toMatch(/\n16 kills in all, 0 processes left\n$/);
});
