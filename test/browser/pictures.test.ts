/// <reference lib="dom" />

// The pictures of the page: that they can be read as they open, moved as people know it, and reached by keys.

import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { findBrowser, show, usePlant } from "./support.ts";

const executable = findBrowser();

const sizes = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
  { width: 390, height: 844 },
];

describe.skipIf(executable === null)("a picture", () => {
  const plant = usePlant(executable);
  const open = (place: string, options = {}) => plant.open(options, `${plant.url}&${place}`);

  const camera = (page: Page) =>
    page
      .locator(".pan-zoom svg > g")
      .first()
      .evaluate((group: SVGGElement) => {
        const { a, e, f } = group.transform.baseVal.consolidate()!.matrix;
        return { zoom: a, x: e, y: f };
      });

  it.each(sizes)("has no text below 11 pixels as it opens, and shows what is active, at $width", async (viewport) => {
    const page = await open("view=chart&path=plant/pump", { viewport, hasTouch: viewport.width < 500 });
    for (const [view, path, target] of [
      ["chart", "plant/pump", '[data-state="backoff.counting"]'],
      ["chart", "plant/web", '[data-state="lifecycle.running"]'],
      ["chart", "plant/lamp", ".chart-node.active.leaf"],
      ["dependencies", "plant/boat", '[data-path="plant/boat"]'],
      ["dependencies", "plant", '[data-path="plant/boat"]'],
    ] as const) {
      await page.evaluate((hash) => {
        location.hash = hash;
      }, `view=${view}&path=${path}`);
      const node = page.locator(target).first();
      await node.waitFor();
      expect(await smallestText(page), `${view} of ${path}`).toBeGreaterThanOrEqual(10.99);
      if (path === "plant") continue;
      // The camera may still be on its way there.
      const isIn = async () => {
        const [box, frame] = [(await node.boundingBox())!, (await page.locator(".pan-zoom").boundingBox())!];
        return box.x >= frame.x - 1 && box.y >= frame.y - 1 && box.x + box.width <= frame.x + frame.width + 1;
      };
      await expect.poll(isIn, { message: `${view} of ${path} shows ${target}` }).toBe(true);
    }
  });

  it("is moved by the wheel, enlarged with Ctrl, fitted by 0, and follows again on demand", async () => {
    const page = await open("view=chart&path=plant/pump");
    await page.locator('[data-state="backoff.counting"]').waitFor();
    const first = await camera(page);
    const box = (await page.locator(".pan-zoom").boundingBox())!;
    await page.mouse.move(box.x + 200, box.y + 150);
    await page.mouse.wheel(30, 40);
    await expect.poll(() => camera(page)).toEqual({ zoom: first.zoom, x: first.x - 30, y: first.y - 40 });
    await page.keyboard.down("Shift");
    await page.mouse.wheel(0, 50);
    await page.keyboard.up("Shift");
    await expect.poll(async () => (await camera(page)).x).toBe(first.x - 80);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -40);
    await page.keyboard.up("Control");
    await expect.poll(async () => (await camera(page)).zoom).toBeGreaterThan(first.zoom * 1.2);
    await page.keyboard.press("0");
    const frame = (await page.locator(".pan-zoom").boundingBox())!;
    for (const node of await page.locator(".chart-node").all()) {
      const { x, y, width, height } = (await node.boundingBox())!;
      expect(
        x >= frame.x && y >= frame.y && x + width <= frame.x + frame.width && y + height <= frame.y + frame.height,
      ).toBe(true);
    }
    await page.getByRole("button", { name: "Follow what is active" }).click();
    await expect.poll(() => camera(page)).toEqual(first);
    const map = (await page.locator(".minimap").boundingBox())!;
    await page.mouse.click(map.x + 3, map.y + 3);
    await expect.poll(async () => (await camera(page)).x).toBeGreaterThan(first.x);
  });

  it("is pinched with two fingers", async () => {
    const page = await open("view=chart&path=plant/pump", { viewport: sizes[2]!, hasTouch: true });
    await page.locator('[data-state="backoff.counting"]').waitFor();
    const before = await camera(page);
    const session = await page.context().newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...xs: number[]) =>
      session.send("Input.dispatchTouchEvent", { type, touchPoints: xs.map((x, id) => ({ x, y: 420, id })) });
    await touch("touchStart", 150, 230);
    for (const by of [10, 20, 30, 40]) await touch("touchMove", 150 - by, 230 + by);
    await touch("touchEnd");
    const after = await camera(page);
    expect(after.zoom / before.zoom).toBeCloseTo(2, 1);
  });

  it("is walked through by the arrow keys", async () => {
    const page = await open("view=dependencies&path=plant");
    await page.locator('[data-path="plant/gate"]').focus();
    await page.keyboard.press("ArrowRight");
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("data-path"));
    await expect.poll(focused).toBe("plant/boat");
    await page.keyboard.press("Enter");
    await page.getByLabel("Details of plant/boat").waitFor();
    await show(page, "chart");
    await page.locator('[data-state="starting.waiting"][tabindex="0"]').focus();
    await page.keyboard.press("ArrowDown");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("data-state"))).not.toBe("starting.waiting");
  });

  it("names what is needed only where something waits, and the cause of a wait", async () => {
    const page = await open("view=dependencies&path=plant");
    expect(await page.locator(".dep-edge text").allTextContents()).toEqual(["needs it healthy"]);
    await page.locator('.dep-edge.waited[data-from="plant/gate"]').waitFor();
    await page.locator('.dep-node.cause[data-path="plant/gate"]').waitFor();
    await page.locator('[data-path="plant/boat"]').click();
    expect(await page.locator(".details").innerText()).toContain("needs healthy · is running, not healthy");
  });

  it("of a machine has the names of its loops, and its own ways first", async () => {
    const page = await open("view=chart&path=plant/web");
    await page.getByRole("button", { name: "Supervisor" }).click();
    await page
      .locator('.chart-edge[data-from="lifecycle.regrouping"][data-to="lifecycle.regrouping"]')
      .waitFor({ state: "attached" });
    expect(await page.locator(".chart-label").allTextContents()).toContain("child.restarting");
    await page.evaluate(() => {
      location.hash = "view=chart&path=plant/pump";
    });
    await page.locator(".ways li", { hasText: "after backoff" }).waitFor();
    expect(await page.locator(".ways li").first().innerText()).toMatch(/^after backoff/);
  });

  it("of the user's machine can send it an event, after a question", async () => {
    const page = await open("view=chart&path=plant/lamp");
    // The button is there while the lamp is on, for a moment at a time.
    await page.waitForFunction(() => {
      document.querySelector<HTMLButtonElement>('.ways [title^="Send turn"]')?.click();
      return document.querySelector("dialog") !== null;
    });
    await page.getByRole("dialog").getByRole("button", { name: "Send" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    // Asked for once, a click is enough. The lamp goes off by itself soon.
    const wasBright = await page.evaluate(async () => {
      for (let frame = 0; frame < 400; frame++) {
        document.querySelector<HTMLButtonElement>('.ways [title^="Send turn"]')?.click();
        if (document.querySelector('[data-state="on.bright"].active') !== null) return true;
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      return false;
    });
    expect(wasBright).toBe(true);
  });
});

/** The size of the smallest text on the screen, in pixels. */
function smallestText(page: Page): Promise<number> {
  return page.evaluate(() => {
    let least = Number.POSITIVE_INFINITY;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!walker.currentNode.textContent?.trim() || element === null || element.closest(".sr, title, option"))
        continue;
      const { width, left, right, top, bottom } = element.getBoundingClientRect();
      if (width === 0 || right < 0 || left > innerWidth || bottom < 0 || top > innerHeight) continue;
      const scale = element instanceof SVGGraphicsElement ? element.getScreenCTM()!.a : 1;
      least = Math.min(least, Number.parseFloat(getComputedStyle(element).fontSize) * scale);
    }
    return least;
  });
}
