// A short version of the soak: a few stops of each server under every kind of client.

import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const program = fileURLToPath(new URL("drain.mjs", import.meta.url));

it.for(["node", "express", "fastify", "hono"])("a stop of a server with %s loses nothing", {
  timeout: 120_000,
}, async (server) => {
  const child = spawn(process.execPath, [program, "--rounds", "3", "--server", server, "--slack", "2000"]);
  const [output, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once("exit", resolve)),
  ]);
  expect(`${output}${errors}`).toMatch(/^\w+: 3 stops, \d+ requests answered, .* 0 promises broken\n$/);
  expect(code).toBe(0);
});
