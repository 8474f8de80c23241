// npm run demo: opens the shop for a while, and writes a page that shows what happened: one file, which opens from disk and
// from any static host. `npm run demo -- <file>` says where; SHOP_SECONDS (25) how long the shop is open. The READMEs
// lead to recording.html, which was made so.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { toStaticPage } from "statevisor/inspector";

/** Cut from the paths in stack traces: the page says nothing of the machine that it was made on. */
const root = fileURLToPath(new URL("../../", import.meta.url));

const [target = "shop-demo.html"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "statevisor-demo-"));
const recording = join(folder, "shop.recording");
try {
  const shop = spawn(process.execPath, ["--import", "tsx", fileURLToPath(new URL("main.ts", import.meta.url))], {
    stdio: "inherit",
    env: { SHOP_SECONDS: "25", SHOP_SEED: "7", ...process.env, SHOP_RECORD: recording },
  });
  await new Promise((resolve, reject) => shop.once("error", reject).once("close", resolve));
  const page = toStaticPage(whileOpen(readFileSync(recording, "utf8")).replaceAll(root, ""));
  writeFileSync(target, page);
  console.log(`\n${target} shows it: ${Math.round(page.length / 1_000)} kB, no server needed`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The recording up to the stop: a page opens at the end of what it has, and shows the shop at work. */
function whileOpen(text) {
  const lines = text.split("\n");
  const isStop = (line) =>
    line !== "" && JSON.parse(line).entries?.some(({ path, to }) => path === "shop" && to === "stopping");
  const stop = lines.findIndex(isStop);
  return lines.slice(0, stop === -1 ? lines.length : stop).join("\n");
}
