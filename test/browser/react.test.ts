// The example with React runs in a browser: the core without Node, and `view()` as an external store.

import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findBrowser, launch } from "./support.ts";

const browserFile = findBrowser();
const root = fileURLToPath(new URL("../../examples/react", import.meta.url));

interface Built {
  readonly fileName: string;
  readonly code?: string;
  readonly source?: string | Uint8Array;
}

/** Builds the page in memory, and serves it. */
async function servePage(): Promise<{ server: Server; url: string }> {
  const { build } = await import("vite");
  const built = await build({
    root,
    configFile: false,
    logLevel: "error",
    build: { write: false, minify: false },
    define: { "process.env.NODE_ENV": '"development"' },
  });
  const { output } = (Array.isArray(built) ? built[0] : built) as { output: Built[] };
  const server = createServer(({ url = "/" }, response) => {
    const name = url === "/" ? "index.html" : url.slice(1);
    const file = output.find(({ fileName }) => fileName === name);
    if (file === undefined) return void response.writeHead(404).end();
    const type = name.endsWith(".js") ? "text/javascript" : "text/html";
    response.writeHead(200, { "content-type": type }).end(file.code ?? file.source);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as { port: number }).port}/` };
}

describe.skipIf(browserFile === null)("the example with React", () => {
  let browser: Browser;
  let page: Awaited<ReturnType<typeof servePage>>;

  beforeAll(async () => {
    [page, browser] = await Promise.all([servePage(), launch(browserFile!)]);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    page?.server.close();
  });

  // Case X9.
  it("shows the tree, a crash, and the restart, and draws nothing more than what has changed", async () => {
    const tab = await browser.newPage();
    const errors: string[] = [];
    tab.on("pageerror", (error) => errors.push(error.message));
    tab.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await tab.goto(page.url);
    await tab.getByRole("heading", { name: "3 of 3 run" }).waitFor();
    const drawn = await tab.evaluate("page.timesDrawn()");

    await tab.getByRole("button", { name: "crash clock" }).click();
    const clock = tab.locator('[data-service="clock"]');
    await clock.getByText("clock was crashed by hand").waitFor();
    await clock.getByText("(1 restarts").waitFor();
    await tab.getByRole("heading", { name: "3 of 3 run" }).waitFor();
    expect(await clock.locator("output").textContent()).toBe("running");
    expect(await tab.locator('[data-service="sync"]').textContent()).toContain("(0 restarts)");
    // stopping, backoff, starting, running: of the clock alone.
    expect(Number(await tab.evaluate("page.timesDrawn()")) - Number(drawn)).toBeLessThan(8);
    expect(errors.filter((text) => !text.includes("favicon") && !text.includes("404"))).toEqual([]);
  }, 60_000);
});
