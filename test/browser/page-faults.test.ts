/// <reference lib="dom" />

// What the page does not get wrong: addresses, focus, lost connections, things that move under the pointer.

import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { findBrowser, launch, line, openPage, runProgram, show, usePlant } from "./support.ts";

const executable = findBrowser();

describe.skipIf(executable === null)("the page", () => {
  const plant = usePlant(executable);
  const { open } = plant;

  const shownView = (page: Page) => page.locator('[role=tab][aria-selected="true"]').getAttribute("id");

  it("asks for the tree before its own script is there, and once", async () => {
    const context = await plant.browser.newContext();
    const page = await context.newPage();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route(/\/assets\/.*\.js$/, async (route) => {
      await held;
      await route.continue();
    });
    const opened = page.goto(plant.url);
    await expect.poll(() => asked).toEqual(expect.arrayContaining(["/events", "/api/session"]));
    release();
    await opened;
    await page.getByRole("tablist").waitFor();
    expect(asked.filter((path) => path === "/events" || path === "/api/session").sort()).toEqual([
      "/api/session",
      "/events",
    ]);
    await context.close();
  });

  it("goes where the address says, and back, however much happens meanwhile", async () => {
    const page = await open();
    const moves = await page.evaluate(async () => {
      const missed: string[] = [];
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      for (let i = 0; i < 12; i++) {
        const view = ["log", "tree", "timeline"][i % 3]!;
        location.hash = `#view=${view}&path=plant/lamp`;
        // A change of the page that is drawn before the browser reports the new address.
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true }));
        for (let n = 0; n < 5; n++) await frame();
        document.querySelector<HTMLDialogElement>("dialog")?.close();
        await frame();
        if (!document.querySelector(`#tab-${view}[aria-selected=true]`)) missed.push(view);
      }
      return missed;
    });
    expect(moves).toEqual([]);
    await page.goBack();
    await expect.poll(() => shownView(page)).toBe("tab-tree");
  });

  it("has the moment and the search in its address, and a link to it that opens without the token's form", async () => {
    const page = await open();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByLabel("Search services, states and errors").fill("state:backoff");
    await page.getByRole("button", { name: "The crash before ([)" }).click();
    await page.locator(".bottom.past").waitFor();
    const when = await page.locator(".bottom .when").first().innerText();
    await expect.poll(() => page.url()).toMatch(/q=state%3Abackoff&fact=\d+&run=/);
    await page.getByRole("button", { name: "Copy a link to what is shown" }).click();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const other = await open({}, link);
    await expect.poll(() => other.locator(".bottom .when").first().innerText()).toBe(when);
    expect(await other.getByLabel("Search services, states and errors").inputValue()).toBe("state:backoff");
    expect(other.url()).not.toContain("token");
    await page.reload();
    await expect.poll(() => page.locator(".bottom .when").first().innerText()).toBe(when);
  });

  it("keeps filters and folding over a reload", async () => {
    const page = await open();
    await page.getByRole("button", { name: "Fold web" }).click();
    await show(page, "log");
    await page.getByRole("button", { name: "Messages" }).click();
    await page.reload();
    await page.locator('[aria-pressed="true"]', { hasText: "Messages" }).waitFor();
    await show(page, "tree");
    await page.getByRole("button", { name: "Unfold web" }).waitFor();
  });

  it("says that a token was refused", async () => {
    const context = await plant.browser.newContext();
    const page = await context.newPage();
    await page.goto(plant.url.replace(/#.*/, ""));
    await page.getByLabel("URL or token").fill("wrong-wrong-wrong-1");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("That token was refused").waitFor();
    expect(await page.getByLabel("URL or token").getAttribute("aria-invalid")).toBe("true");
    await context.close();
  });

  it("moves the focus into a view that a key has opened", async () => {
    const page = await open();
    await page.keyboard.press("2");
    await page.locator("[role=treegrid]:focus").waitFor();
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.locator(".side [role=tree]:focus").waitFor();
    for (const key of ["1", "4", "5", "6", "7"]) {
      await page.keyboard.press(key);
      await page.waitForFunction(() => document.activeElement !== document.body);
    }
  });

  it("leaves the buttons of a service where they are when it crashes", async () => {
    const page = await open();
    await line(page, "plant/web/flicker").click();
    const places = await page.evaluate(async () => {
      const found = new Set<number>();
      const states = new Set<string>();
      const [least, most] = [performance.now() + 2_500, performance.now() + 20_000];
      while (performance.now() < least || (states.size < 2 && performance.now() < most)) {
        found.add(document.querySelector(".details .actions button")!.getBoundingClientRect().top);
        states.add(document.querySelector(".details .summary strong")!.textContent!);
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      return { tops: found.size, states: states.size };
    });
    expect(places.states).toBeGreaterThan(1);
    expect(places.tops).toBe(1);
  });

  it("keeps the header where it is while services crash", async () => {
    const page = await open({ viewport: { width: 1024, height: 768 } });
    const heights = await page.evaluate(async () => {
      const found = new Set<number>();
      const until = performance.now() + 2_000;
      while (performance.now() < until) {
        found.add(document.querySelector("#view")!.getBoundingClientRect().top);
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      return [...found];
    });
    expect(heights).toHaveLength(1);
  });

  it("names what needs a service before it stops it", async () => {
    const page = await open();
    await line(page, "plant/database").click();
    await page.locator(".details .actions").getByRole("button", { name: "Stop", exact: true }).click();
    expect(await page.getByRole("dialog").innerText()).toContain("Needed by api");
    await page.getByRole("button", { name: "Cancel" }).click();
  });

  it("says since when, why and what next of what is wrong, and rolls it up", async () => {
    const page = await open();
    await show(page, "problems");
    const row = page.locator(".problem-table tr", { hasText: "pump" });
    await expect.poll(() => row.innerText()).toMatch(/the valve is stuck\s+\d.*\ss\s+next attempt in \d\smin/);
    await expect
      .poll(() => page.locator(".problem-table tr", { hasText: "boat" }).innerText())
      .toMatch(/waits for gate\s.*once gate is healthy/s);
    // While flicker is down, the plant is not healthy at all.
    await expect.poll(() => page.locator(".rolled-up").innerText()).toMatch(/plant is degraded by pump: in backoff/);
    await page
      .getByText(/flicker crashed, front restarted, \d\.\d\ss/)
      .first()
      .waitFor();
    await page.getByText(/\d+ ×/).first().waitFor();
    await expect.poll(() => page.title()).toMatch(/^● \d broken · plant/);
  });

  it("filters by the counts, and goes through the problems by keys", async () => {
    const page = await open();
    await page.getByRole("button", { name: /1 waiting/ }).click();
    await line(page, "plant/database").waitFor({ state: "detached" });
    await line(page, "plant/boat").waitFor();
    await page.getByRole("button", { name: /1 waiting/ }).click();
    await line(page, "plant/database").click();
    const selected = () => page.getByRole("treegrid").getAttribute("aria-activedescendant");
    await page.keyboard.press("n");
    await expect.poll(selected).not.toBe("row-plant/database");
    const first = await selected();
    await page.keyboard.press("n");
    await page.keyboard.press("p");
    await expect.poll(selected).toBe(first);
  });

  it("marks the line of the moment in the log, with what came after it", async () => {
    const page = await open();
    await show(page, "log");
    await page
      .getByText(/flicker crashed/)
      .nth(3)
      .waitFor();
    for (let i = 0; i < 3; i++) await page.keyboard.press("[");
    const here = page.locator(".log-row.here");
    await here.waitFor();
    expect(await page.locator(".log-row.future").count()).toBeGreaterThan(0);
    await page.keyboard.press("Escape");
    await here.waitFor({ state: "detached" });
  });

  it("says in the log that newer lines came, when it is scrolled up", async () => {
    const page = await open({ viewport: { width: 1280, height: 420 } });
    await show(page, "log");
    const rows = page.locator(".log-row");
    await expect.poll(() => rows.count()).toBeGreaterThan(5);
    await page.locator(".log .scroll").evaluate((element) => element.scrollTo(0, 0));
    await page.locator(".newer").click();
    await page.locator(".newer").waitFor({ state: "detached" });
  });

  it("goes to the moment below a click on a lane, and exports a range with a note", async () => {
    const page = await open();
    await show(page, "timeline");
    const lane = page.locator('[data-path="plant/web/flicker"] .lane-time');
    await page.locator(".flows path").first().waitFor({ state: "attached" });
    const box = (await lane.boundingBox())!;
    const at = (share: number) => [box.x + box.width * share, box.y + 15] as const;
    await page.mouse.click(...at(0.5));
    await page.locator(".bottom.past").waitFor();
    await page.getByRole("button", { name: "Pin this moment" }).click();
    await page.keyboard.press("Escape");
    await expect.poll(() => page.locator(".differences").innerText()).toMatch(/incarnation\s+\d+\s+\d+/);
    await page.mouse.move(...at(0.4));
    await page.mouse.down();
    await page.mouse.move(...at(0.6), { steps: 4 });
    await page.mouse.up();
    await page.getByLabel("Note").fill("it flickers");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Export incident.json" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("incident.json");
    await show(page, "log");
    await page.getByLabel("Recording to open").setInputFiles(await download.path());
    await page.getByText("“it flickers”").waitFor();
    await page.getByRole("button", { name: "Close it" }).click();
  });

  it("fits the whole of what it says on a phone, in one row at the top", async () => {
    const page = await open({ viewport: { width: 390, height: 844 }, hasTouch: true });
    expect((await page.locator(".top").boundingBox())!.height).toBeLessThan(48);
    await page.getByRole("button", { name: "Search" }).click();
    await page.keyboard.type("pump");
    await expect.poll(() => page.locator(".tree-row").count()).toBe(2);
    expect(await line(page, "plant/pump").locator(".note").isVisible()).toBe(true);
    await show(page, "log");
    const tab = (await page.locator("#tab-log").boundingBox())!;
    expect(tab.x + tab.width).toBeLessThanOrEqual(391);
  });
});

describe.skipIf(executable === null)("the page of a program that dies", () => {
  it("greys what it knew; keeps the run before, and the moment that the user looks at", async () => {
    const browser = await launch(executable!);
    const env = { PLANT_TOKEN: "fedcba9876543210" };
    const first = await runProgram("test/browser/plant.ts", env);
    const { page, complaints } = await openPage(browser, first.url);
    const before = page.getByRole("button", { name: "The crash before" });
    await expect.poll(() => before.isEnabled()).toBe(true);
    await page.keyboard.press("[");
    await page.locator(".bottom.past").waitFor();
    const when = await page.locator(".bottom .when").first().innerText();
    await first.stop();
    await page.getByText(/was \w+ at \d\d:\d\d:\d\d/).waitFor();
    const second = await runProgram("test/browser/plant.ts", {
      ...env,
      PLANT_PORT: new URL(first.url).port,
      PLANT_READ_ONLY: "1",
    });
    await page.getByText("the program has been started anew.").waitFor();
    expect(await page.locator(".bottom .when").first().innerText()).toBe(when);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Export it" }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^plant-.*\.recording\.json$/);
    await page.getByRole("button", { name: "To the running tree" }).click();
    await page.getByText("The program was started anew at").waitFor();
    await expect.poll(() => line(page, "plant/database").innerText()).toContain("running");
    // It may allow other things than before.
    await line(page, "plant/database").click();
    await expect.poll(() => page.getByRole("button", { name: "Restart" }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Look at the run before" }).click();
    await page.getByText("the program has been started anew.").waitFor();
    await browser.close();
    await second.stop();
    expect(complaints).toEqual([]);
  });
});
