// Runs the examples on Bun and Deno: each prints there what it prints on Node, or is refused with an error that says so.
//
//   node test/examples/other-runtimes.mjs <folder with node_modules/.bin/bun and deno>
//
// The npm packages `bun` and `deno` bring the programs. The library must be built: examples import it by its name.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const binaries = resolve(process.argv[2] ?? ".", "node_modules", ".bin");
const runtimes = {
  bun: [],
  deno: ["run", "--allow-all", "--no-lock", "--node-modules-dir=manual"],
};
/** What a runtime cannot do, by example: what its error says. */
const refused = {
  "16-stray-errors": "containStrayErrors needs Node",
};

const examples = readdirSync(join(root, "examples"))
  .filter((file) => /^\d\d-.*\.ts$/.test(file))
  .map((file) => file.replace(/\.ts$/, ""));

let failures = 0;
for (const [runtime, options] of Object.entries(runtimes)) {
  const version = run(runtime, ["--version"])
    .stdout.split("\n")[0]
    .replace(/^deno /, "");
  let same = 0;
  for (const example of examples) {
    const problem = judge(example, run(runtime, [...options, `examples/${example}.ts`]));
    if (problem === null) same++;
    else failures++;
    if (problem) console.log(`${runtime} ${example}: ${problem}`);
  }
  const command = run(runtime, [...options, "dist/src/cli/main.js", "status"]);
  if (!/runs on Node alone/.test(command.stderr)) {
    failures++;
    console.log(`${runtime}: the command should have been refused:\n${command.stdout}${command.stderr}`);
  }
  console.log(`${runtime} ${version}: ${same} of ${examples.length} examples as they should be`);
}
process.exitCode = failures > 0 ? 1 : 0;

/** Null when the example went as it should here. */
function judge(example, { stdout, stderr, status }) {
  if (refused[example] !== undefined) {
    const isRefused = status !== 0 && new RegExp(refused[example]).test(stderr);
    return isRefused ? null : `it should have been refused with ${refused[example]}:\n${stdout}${stderr}`;
  }
  const expected = readFileSync(join(root, "examples", `${example}.out.txt`), "utf8");
  if (status === 0 && stdout === expected && stderr === "") return null;
  return `exit code ${status}, it should have printed\n${expected}\nand printed\n${stdout}${stderr}`;
}

function run(runtime, args) {
  const { error, ...ended } = spawnSync(join(binaries, runtime), args, {
    cwd: root,
    encoding: "utf8",
    timeout: 60_000,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (error) throw error;
  return ended;
}
