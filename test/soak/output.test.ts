// A short version of the soak: memory, promptness and what is told of dropped lines, for each way not to read.

import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const program = fileURLToPath(new URL("output.mjs", import.meta.url));

// Cases K5, K6 and H9. The time in which a crash is seen is that of a machine that runs other tests beside this one.
it.for([
  "pipe",
  "json",
  "terminal",
  "logs",
  "own",
])("a flood that nobody reads (%s) costs no memory, and holds up nothing", {
  timeout: 120_000,
}, async (name) => {
  // 80 MB in the time: twice what a process may grow by.
  const short = ["--seconds", "4", "--warm", "5", "--seen", "1000", "--rate", "20"];
  const child = spawn(process.execPath, [program, "--case", name, ...short]);
  const [output, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once("exit", resolve)),
  ]);
  expect(`${output}${errors}`).toMatch(
    new RegExp(`^${name}: growth .* lines told as dropped, stop began after \\d+ ms\\n$`),
  );
  expect(code).toBe(0);
});
