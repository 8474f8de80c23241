// The examples of the testing kit pass, each under its own test framework.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs node with these arguments, as a user would by hand. */
function run(args: readonly string[]): Promise<{ code: number; output: string }> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST|NODE_ENV|NODE_TEST|JEST)/.test(name)),
  );
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { cwd: root, env: { ...env, NO_COLOR: "1" }, timeout: 60_000 },
      (error, out, err) => resolve({ code: error === null ? 0 : 1, output: out + err }),
    );
  });
}

it.for<[framework: string, args: string[], passed: RegExp]>([
  ["node:test", ["--test", "examples/testing/node-test/greeter.test.js"], /pass 1/],
  ["vitest", ["node_modules/vitest/vitest.mjs", "run", "--root", "examples/testing/vitest"], /Tests {2}1 passed/],
  [
    "jest",
    ["--experimental-vm-modules", "node_modules/jest/bin/jest.js", "--rootDir", "examples/testing/jest"],
    /Tests: {7}1 passed/,
  ],
])("the example for %s passes, and its process ends", { timeout: 90_000 }, async ([, args, passed]) => {
  const { code, output } = await run(args);
  expect(output).toMatch(passed);
  expect(code).toBe(0);
});
