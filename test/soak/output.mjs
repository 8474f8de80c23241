// output.mjs: a service writes 50 MB a second while nobody reads what `up` prints, and proves that this costs no memory
// and holds up nothing: a crash is seen as soon as without, a stop begins at once, and what was dropped is told.
//
//   node test/soak/output.mjs [--seconds 60] [--warm 8] [--case pipe|json|terminal|logs|own]… [--seen 100] [--rate 50]
//
// Needs the built package and, for the terminal, tmux. Prints a line for each case; exits with 1 where a promise was broken.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { residentMB } from "../support/proc.mjs";
import { readers } from "./output-readers.mjs";
import { askTree, until } from "./running-tree.mjs";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    warm: { type: "string", default: "8" },
    case: { type: "string", multiple: true, default: Object.keys(readers) },
    seen: { type: "string", default: "100" },
    rate: { type: "string", default: "50" },
  },
});
/** The most that a process may grow, in MB, once V8 has grown its young generation (up to 60 MB, in the first seconds). */
const mostGrowthMB = 40;
/** How long a crash may take to be seen, in milliseconds: the median of all, and three times that at most. */
const seenMs = Number(values.seen);
const stopMs = 1_000;

/** How often the flood writes a megabyte, in milliseconds. */
const everyMs = 1_000 / Number(values.rate);
/** Writes in lines of 200 characters; less than the rate when nobody takes more. */
const flood = `const text = ("x".repeat(199) + "\\n").repeat(5000);
  const next = () => { const began = Date.now(); process.stdout.write(text, () => setTimeout(next, Math.max(0, ${everyMs} - (Date.now() - began)))); };
  next();`;
/** Says when it was asked to stop. */
const witness = `process.on("SIGTERM", () => { require("fs").writeFileSync("asked", String(Date.now())); process.exit(0); });
  setInterval(() => {}, 1000);`;

const program = (name, code) => ({ name, command: [process.execPath, "-e", code], critical: false });
const others = [
  program("witness", witness),
  {
    ...program("victim", "setInterval(() => {}, 1000)"),
    restart: { initialBackoffMs: 200, multiplier: 1, maxRetries: 1e6 },
  },
];

function writeConfig(folder, name) {
  if (name !== "own") {
    const config = { name: "app", services: [program("flood", flood), ...others] };
    return writeFileSync(join(folder, "statevisor.config.json"), JSON.stringify(config));
  }
  // A service in the process of \`up\` cannot be made to wait: it writes however little of it is taken.
  writeFileSync(
    join(folder, "statevisor.config.mjs"),
    `import { defineProcess } from ${JSON.stringify(import.meta.resolve("statevisor/node"))};
     const text = ("x".repeat(199) + "\\n").repeat(5000);
     const flood = { name: "flood", run: async ({ signal, sleep }) => {
       while (!signal.aborted) { process.stdout.write(text); await sleep(${everyMs}); } } };
     export default { name: "app", services: [flood, ...${JSON.stringify(others)}.map(defineProcess)] };`,
  );
}

/** What processes grow by within the time, each for itself, while a crash is made each second. */
async function watch(tree, pids) {
  await sleep(Number(values.warm) * 1_000);
  const before = pids.map(residentMB);
  const most = [...before];
  const seen = [];
  const end = Date.now() + Number(values.seconds) * 1_000;
  while (Date.now() < end) {
    seen.push(await timeCrash(tree));
    await sleep(500);
    pids.forEach((pid, i) => {
      most[i] = Math.max(most[i], residentMB(pid));
    });
  }
  // The highest value is that of a moment before a garbage collection: what counts is what is left.
  const left = pids.map(residentMB);
  return { seen: seen.sort((a, b) => a - b), growth: left.map((mb, i) => mb - before[i]), peak: Math.max(...most) };
}

/** Kills the victim; resolves to the milliseconds until the tree says so. */
async function timeCrash(tree) {
  const victim = async () => (await tree.status()).find(({ name }) => name === "victim");
  const { pid, incarnation } = await until("the victim runs", async () => {
    const status = await victim();
    return status.state === "running" && status.pid !== null && status;
  });
  process.kill(pid, "SIGKILL");
  const began = performance.now();
  await until("the crash is seen", async () => {
    const { state, incarnation: now } = await victim();
    return state !== "running" || now !== incarnation;
  });
  return performance.now() - began;
}

/** When the witness was asked to stop, in milliseconds since 1970. */
function askedAt(folder) {
  try {
    return Number(readFileSync(join(folder, "asked"), "utf8"));
  } catch {
    return null;
  }
}

async function runCase(name) {
  const folder = mkdtempSync(join(tmpdir(), "statevisor-soak-"));
  try {
    writeConfig(folder, name);
    const reader = await readers[name](folder);
    try {
      const tree = await askTree(join(folder, ".run"), "flood");
      const { pids = [] } = (await reader.pause?.(tree)) ?? {};
      const { seen, growth, peak } = await watch(tree, [tree.pid, ...pids]);
      let stopped = Number.NaN;
      const stop = async () => {
        const sentAt = Date.now();
        process.kill(tree.pid, "SIGTERM");
        stopped = (await until("a service is asked to stop", () => askedAt(folder))) - sentAt;
      };
      const { dropped, code } = await reader.end(stop, tree);
      return report(name, { seen, growth, peak, dropped, code, stopped });
    } finally {
      reader.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

function report(name, { seen, growth, peak, dropped, code, stopped }) {
  const [median, slowest] = [seen[Math.floor(seen.length / 2)], seen.at(-1)];
  const broken = [
    ...(Math.max(...growth) >= mostGrowthMB ? ["memory grew"] : []),
    ...(dropped > 0 ? [] : ["nothing was told of dropped lines"]),
    ...(median > seenMs || slowest > 3 * seenMs ? ["a crash was seen late"] : []),
    ...(stopped > stopMs ? ["the stop began late"] : []),
    ...(code === 0 ? [] : [`it ended with ${code}`]),
  ];
  const text = [
    `growth ${growth.map((mb) => mb.toFixed(0)).join(" and ")} MB (peak ${peak.toFixed(0)} MB)`,
    `${seen.length} crashes seen after ${median.toFixed(0)} ms (slowest ${slowest.toFixed(0)})`,
    `${dropped} lines told as dropped`,
    `stop began after ${stopped} ms`,
  ];
  process.stdout.write(`${name}: ${text.join(", ")}${broken.length > 0 ? `; BROKEN: ${broken.join(", ")}` : ""}\n`);
  return broken.length === 0;
}

let isSound = true;
for (const name of values.case) isSound = (await runCase(name)) && isSound;
process.exit(isSound ? 0 : 1);
