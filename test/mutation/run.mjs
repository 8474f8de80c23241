// Breaks a copy of the library in one way after the other and runs the tests on each. A mutant that no test notices
// survives.
//
//   npm run test:mutation              all of them; about five seconds each on a quiet machine
//   npm run test:mutation -- backoff   the mutants whose file or rule contains the word
//   npm run test:mutation -- --from=44 the mutants from the 44th on
//   npm run test:mutation -- --check   only checks that each can be planted
//
// It exits with 1 when a mutant survives that is not known to be equivalent.

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mutants } from "./mutants.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Folders of tests, the cheap ones first; the first that notices is enough. */
const stages = [["test/machines"], ["test/engine", "test/scenarios"], ["test/model", "test/histories", "test/scale"]];

/** For mutants that the orders of events must find, without the test that the rule itself has. */
const orders = [["test/histories", "test/explore"]];

const from = Number(process.argv.find((argument) => argument.startsWith("--from="))?.slice(7) ?? 1);
const word = process.argv.slice(2).find((argument) => !argument.startsWith("--")) ?? "";

/** The places that a mutant changes. */
const placesOf = ({ file, find, replace, also = [] }) => [{ file, find, replace }, ...also];
const isMissing = ({ file, find }) => readFileSync(join(root, file), "utf8").split(find).length !== 2;

const unplantable = mutants.filter((mutant) => placesOf(mutant).some(isMissing));
for (const { file, find } of unplantable.flatMap(placesOf).filter(isMissing)) {
  console.error(`${file}: not there, or not once: ${JSON.stringify(find)}`);
}
process.exitCode = unplantable.length > 0 ? 1 : 0;
if (process.argv.includes("--check")) {
  console.log(`${mutants.length - unplantable.length} of ${mutants.length} mutants can be planted`);
  process.exit();
}

const chosen = mutants.filter(
  (mutant, index) =>
    !unplantable.includes(mutant) && `${mutant.file} ${mutant.rule}`.includes(word) && index + 1 >= from,
);

const copy = mkdtempSync(join(tmpdir(), "statevisor-mutation-"));
process.once("exit", () => rmSync(copy, { recursive: true, force: true }));
for (const path of ["machines", "src", "test", "package.json", "tsconfig.json"]) {
  cpSync(join(root, path), join(copy, path), { recursive: true, filter: (source) => !source.includes("node_modules") });
}
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));

/**
 * How long a folder of tests may take, in milliseconds. Some mutants loop for ever: a run that takes three times as long as
 * the slowest without a mutant has noticed them.
 */
let patienceMs = 300_000;
let slowestMs = 0;

/**
 * The name of the first test that notices, or null. The tests of the charts run only for mutants of the charts.
 * `explore` is how the explorer is set for a mutant that only the orders of events may find.
 */
function findNotice({ file = "machines/", explore } = {}) {
  for (const folders of explore ? orders : file.startsWith("machines/") ? stages : stages.slice(1)) {
    const args = [
      "node_modules/vitest/vitest.mjs",
      "run",
      "--config",
      "test/vitest.config.ts",
      "--no-isolate",
      // It puts another XState in place for its own file.
      "--exclude",
      "test/engine/unfamiliar.test.ts",
      "--bail",
      "1",
      ...folders,
    ];
    const env = { ...process.env, NO_COLOR: "1", RUNS: "300", REPEATS: "20", SEED: "1", WALK: "3", ...explore };
    const began = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: copy,
      env,
      encoding: "utf8",
      timeout: patienceMs,
    });
    slowestMs = Math.max(slowestMs, performance.now() - began);
    // vitest makes an exit code of the signal.
    if (status === null || status === 143) return `${folders[0]} does not end`;
    if (status !== 0) return /FAIL {2}(.*)/.exec(stdout + stderr)?.[1] ?? `${folders[0]} ends with ${status}`;
  }
  return null;
}

const healthy = word === "" && from === 1 ? findNotice() : null;
if (slowestMs > 0) patienceMs = Math.ceil(3 * slowestMs);
if (healthy !== null) {
  console.error(`the suite fails without a mutant: ${healthy}`);
  process.exit(1);
}

let survivors = 0;
for (const [index, mutant] of chosen.entries()) {
  const { file, rule, equivalent } = mutant;
  const places = placesOf(mutant);
  const wholes = places.map((place) => [join(copy, place.file), readFileSync(join(root, place.file), "utf8")]);
  for (const { file: at, find, replace } of places) {
    const path = join(copy, at);
    writeFileSync(
      path,
      readFileSync(path, "utf8").replace(find, () => replace),
    );
  }
  const notice = findNotice(mutant);
  for (const [path, whole] of wholes) writeFileSync(path, whole);
  const isSurvivor = notice === null && equivalent === undefined;
  if (isSurvivor) survivors++;
  const what = notice !== null ? `killed by ${notice}` : equivalent ? `equivalent: ${equivalent}` : "SURVIVES";
  console.log(`${index + 1}/${chosen.length} ${file}: ${rule}: ${what}`);
}
console.log(`${chosen.length} mutants, ${survivors} survive`);
if (survivors > 0) process.exitCode = 1;
