// running-tree.mjs: the tree that an `up` runs, asked over its control socket: without the start of a command each time.

import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const main = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));

/** Resolves to the first truthy answer. */
export async function until(what, look, deadlineMs = 30_000) {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await sleep(5);
  }
}

/** The document of `status`; null where no tree answers. */
export function askStatus(runtimeFolder) {
  return new Promise((resolve) => {
    const names = () => {
      try {
        return readdirSync(runtimeFolder);
      } catch {
        return [];
      }
    };
    const name = names().find((file) => file.endsWith(".sock"));
    if (name === undefined) return resolve(null);
    let text = "";
    const socket = connect(join(runtimeFolder, name));
    socket.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    socket
      .on("error", () => {})
      .once("close", () => {
        const answers = text.split("\n").filter((line) => line !== "");
        try {
          resolve(answers.map((line) => JSON.parse(line)).find(({ type }) => type === "data")?.data ?? null);
        } catch {
          resolve(null);
        }
      });
    socket.write('{"verb":"status"}\n');
  });
}

/** The tree, once a service of it runs. */
export async function askTree(runtimeFolder, service) {
  const services = async () => (await askStatus(runtimeFolder))?.tree.services ?? [];
  await until(`${service} runs`, async () =>
    (await services()).some(({ name, state }) => name === service && state === "running"),
  );
  const { pid } = await askStatus(runtimeFolder);
  return { pid, runtimeFolder, status: services };
}
