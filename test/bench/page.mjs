// node test/bench/page.mjs: the page of the inspector in headless Chromium, with 1,000 and 5,000 services that change 75
// times a second: frames a second, long tasks and the time to the first picture of each view; the size of the page. Prints
// tables; fails when a limit is passed. Names of views narrow it, `--rounds 1` makes it quick. Needs a build.

import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

const args = process.argv.slice(2);
const rounds = Number(args[args.indexOf("--rounds") + 1]) || 3;
const views = ["problems", "tree", "chart", "dependencies", "timeline", "sequence", "log"];
const wanted = views.filter(
  (view) => args.length === 0 || !args.some((arg) => views.includes(arg)) || args.includes(view),
);

/** Frames a second that each size must reach; the longest task; the first picture, in milliseconds; JavaScript, in bytes. */
const limits = { fps: { 1000: 57, 5000: 45 }, taskMs: 100, firstMs: 300, jsBytes: 80_000 };
const measuredMs = 3_000;

const executablePath =
  process.env.STATEVISOR_BROWSER ??
  ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((file) => existsSync(file));
const failures = [];
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

measureSize();
for (const services of [1_000, 5_000]) await measureCrowd(services);
for (const failure of failures) console.error(`over the limit: ${failure}`);
process.exit(failures.length === 0 ? 0 : 1);

function measureSize() {
  const folder = fileURLToPath(new URL("../../dist/page/assets/", import.meta.url));
  const bytes = readdirSync(folder)
    .filter((file) => file.endsWith(".js"))
    .reduce((sum, file) => sum + gzipSync(readFileSync(folder + file), { level: 9 }).length, 0);
  console.log(`JavaScript: ${(bytes / 1_000).toFixed(1)} kB compressed (limit ${limits.jsBytes / 1_000})`);
  if (bytes > limits.jsBytes) failures.push(`JavaScript of ${bytes} bytes`);
}

async function measureCrowd(services) {
  const program = await startCrowd(services);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  const rows = [];
  const firsts = [];
  try {
    // The first page of a browser pays for the browser.
    const warming = await browser.newPage();
    await warming.goto(program.url);
    await warming.close();
    const found = new Map(wanted.map((view) => [view, []]));
    for (let round = 0; round < rounds; round++) {
      const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
      await page.goto(program.url);
      await page.getByRole("tablist").waitFor();
      firsts.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0));
      for (const view of wanted) {
        await page.locator(`#tab-${view}`).click();
        await page.waitForTimeout(700);
        found.get(view).push(await page.evaluate(measureFrames, measuredMs));
      }
      await page.close();
    }
    for (const [view, all] of found) {
      const of = (name) => median(all.map((one) => one[name]));
      const row = {
        view,
        fps: of("fps"),
        "p95 ms": of("p95"),
        "longest frame ms": of("longest"),
        "long tasks": of("tasks"),
        "longest task ms": of("task"),
        nodes: of("nodes"),
      };
      rows.push(row);
      if (row.fps < limits.fps[services]) failures.push(`${services} services, ${view}: ${row.fps} frames a second`);
      if (row["longest task ms"] > limits.taskMs)
        failures.push(`${services} services, ${view}: a task of ${row["longest task ms"]} ms`);
    }
  } finally {
    await browser.close();
    program.process.kill("SIGKILL");
  }
  const first = Math.round(median(firsts));
  console.log(`\n${services.toLocaleString("en")} services, 75 updates a second; first picture after ${first} ms`);
  console.table(Object.fromEntries(rows.map(({ view, ...row }) => [view, row])));
  if (first > limits.firstMs) failures.push(`${services} services: first picture after ${first} ms`);
}

/** Runs in the page. */
function measureFrames(ms) {
  return new Promise((resolve) => {
    const tasks = [];
    const observer = new PerformanceObserver((list) =>
      tasks.push(...list.getEntries().map(({ duration }) => duration)),
    );
    observer.observe({ type: "longtask" });
    const gaps = [];
    const begin = performance.now();
    let last = begin;
    const look = (now) => {
      gaps.push(now - last);
      last = now;
      if (now - begin < ms) return requestAnimationFrame(look);
      observer.disconnect();
      gaps.sort((a, b) => a - b);
      resolve({
        fps: Math.round((gaps.length / (now - begin)) * 1_000),
        p95: Math.round(gaps[Math.floor(gaps.length * 0.95)]),
        longest: Math.round(gaps.at(-1)),
        tasks: tasks.length,
        task: Math.round(Math.max(0, ...tasks)),
        nodes: document.querySelectorAll("*").length,
      });
    };
    requestAnimationFrame(look);
  });
}

/** A tree in a process of its own, in which 15 services a second are restarted: five updates each. */
async function startCrowd(services) {
  const program = `
    import { createSupervisor } from "statevisor";
    import { serveInspector } from "statevisor/inspector";
    const each = ${services} / 10;
    const name = (s) => "service-" + String(s).padStart(3, "0");
    const families = Array.from({ length: 10 }, (_, f) => ({
      name: "family-" + f,
      services: Array.from({ length: each }, (_, s) => ({
        name: name(s), start: () => s, ...(s % 10 === 1 && { dependsOn: [name(s - 1)] }),
      })),
    }));
    const supervisor = createSupervisor({ name: "crowd", services: families });
    const { url } = await serveInspector(supervisor);
    await supervisor.start();
    console.log(url);
    let next = 0;
    setInterval(() => {
      next = (next + 37) % ${services};
      supervisor.restartService("family-" + Math.floor(next / each) + "/" + name(next % each)).catch(() => {});
    }, 1_000 / 15);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise((resolve, reject) => {
    child.stdout.on("data", (chunk) => resolve(String(chunk).trim()));
    child.once("close", () => reject(new Error("the tree ended")));
  });
  return { url, process: child };
}
