// The browser of the tests: the one of the system, which may reach this machine alone.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";

/** The one without windows first: a page takes half the processor time in it. */
const names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The first browser of the PATH, or null. In CI there has to be one. */
export function findBrowser(): string | null {
  const folders = ["/usr/bin", ...(process.env.PATH ?? "").split(delimiter)];
  const mac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
  const candidates = [...folders.flatMap((folder) => names.map((name) => join(folder, name))), mac];
  const found = process.env.STATEVISOR_BROWSER ?? candidates.find((file) => existsSync(file)) ?? null;
  if (found !== null) return found;
  const message = `no browser found (${names.join(", ")}); install one or set STATEVISOR_BROWSER`;
  if (process.env.CI || process.env.STATEVISOR_REQUIRE_BROWSER) throw new Error(message);
  console.warn(`SKIPPED: the tests of the inspector's page: ${message}`);
  return null;
}

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      "--disable-quic",
      // No other host exists for it.
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
}

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Program {
  readonly url: string;
  readonly process: ChildProcess;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Runs a program that prints where its inspector is. */
export function runProgram(file: string, env: NodeJS.ProcessEnv = {}): Promise<Program> {
  const child = spawn(process.execPath, ["--import", "tsx", file], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const program = {
    process: child,
    stop(signal: NodeJS.Signals = "SIGKILL") {
      child.kill(signal);
      return ended;
    },
  };
  return new Promise((resolve, reject) => {
    let output = "";
    const read = (chunk: Buffer) => {
      output += chunk;
      const [, url] = /(http:\/\/127\.0\.0\.1:\d+\/#token=[\w.~-]+)\s/.exec(output) ?? [];
      if (url !== undefined) resolve({ ...program, url });
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    ended.then(() => reject(new Error(`${file} ended and never said where its inspector is:\n${output}`)));
  });
}

export interface Watched {
  readonly page: Page;
  /** The errors that the page logged. */
  readonly complaints: string[];
}

/** Opens a page that must not ask another host for anything, nor log an error. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 760 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on("console", (message) => {
    // A lost connection is not an error of the page.
    const isLost = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|ERR_CONNECTION_RESET|ERR_EMPTY/.test(message.text());
    if (message.type() === "error" && !isLost) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error.stack)));
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    const isOwn = ["data:", "blob:"].includes(protocol) || hostname === "127.0.0.1" || request.url() === url;
    if (!isOwn) complaints.push(`asked ${request.url()}`);
  });
  await page.goto(url);
  await page.getByRole("tablist").waitFor();
  return { page, complaints };
}

export interface Plant {
  /** Opens the page of the plant, or of another address; it is closed after the test, and must not have logged an error. */
  open(options?: BrowserContextOptions, url?: string): Promise<Page>;
  readonly browser: Browser;
  readonly url: string;
}

/** Starts a browser and a plant for all tests of a block. */
export function usePlant(executable: string | null): Plant {
  let browser: Browser;
  let plant: Program;
  let opened: Watched[] = [];
  beforeAll(async () => {
    [browser, plant] = await Promise.all([launch(executable!), runProgram("test/browser/plant.ts")]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await plant?.stop();
  });
  afterEach(async () => {
    const all = opened;
    opened = [];
    for (const { page } of all) await page.context().close();
    expect(all.flatMap(({ complaints }) => complaints)).toEqual([]);
  });
  return {
    get browser() {
      return browser;
    },
    get url() {
      return plant.url;
    },
    async open(options = {}, url = plant.url) {
      const watched = await openPage(browser, url, options);
      opened.push(watched);
      return watched.page;
    },
  };
}

export const views = ["problems", "tree", "chart", "dependencies", "timeline", "sequence", "log"] as const;

export async function show(page: Page, view: (typeof views)[number]): Promise<void> {
  await page.locator(`#tab-${view}`).click();
  await expect.poll(() => page.locator(`#tab-${view}`).getAttribute("aria-selected")).toBe("true");
}

/** The text of a line of the tree. */
export function line(page: Page, path: string) {
  return page.locator(`[id="row-${path}"]`);
}

/** Focuses the slider of the history, once there is a history. */
export async function focusSlider(page: Page): Promise<void> {
  const slider = page.getByRole("slider", { name: "Moment of the history" });
  await expect.poll(() => slider.isEnabled()).toBe(true);
  await slider.focus();
}
