/// <reference lib="dom" />

// What the page shows, where only a browser can tell: contrast, rows that are there in the frame in which they are due,
// columns in sight, words beside buttons.

import { describe, expect, it } from "vitest";
import { findBrowser, line, runProgram, show, usePlant } from "./support.ts";

const executable = findBrowser();

describe.skipIf(executable === null)("the page", () => {
  const { open } = usePlant(executable);

  it.each([
    "light",
    "dark",
  ] as const)("has lines in its pictures that can be seen, when it is %s", async (colorScheme) => {
    const page = await open({ colorScheme });
    await show(page, "chart");
    await page.locator(".chart-edge.plain").first().waitFor({ state: "attached" });
    const contrasts = await page.evaluate(() => {
      const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
      const luminance = (...layers: string[]) => {
        for (const layer of layers) {
          context.fillStyle = layer;
          context.fillRect(0, 0, 1, 1);
        }
        const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)].map((value) => {
          const share = value / 255;
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
      };
      const style = (selector: string) => getComputedStyle(document.querySelector(selector)!);
      const canvas = style(".pan-zoom").backgroundColor;
      const grounds = [[canvas], [canvas, style(".chart-node.region > rect").fill]];
      const lines = [".chart-edge.plain path", ".chart-node.leaf:not(.active) rect"].map((one) => style(one).stroke);
      return grounds.flatMap((ground) =>
        lines.map((stroke) => {
          const [a, b] = [luminance(...ground), luminance(...ground, stroke)].sort((one, other) => other - one);
          return (a! + 0.05) / (b! + 0.05);
        }),
      );
    });
    expect(Math.min(...contrasts)).toBeGreaterThanOrEqual(3);
    expect(
      await page
        .locator(".chart-edge path")
        .first()
        .evaluate((path) => getComputedStyle(path).vectorEffect),
    ).toBe("non-scaling-stroke");
  });

  it("says nothing of retries where there are none", async () => {
    const page = await open();
    await line(page, "plant/inventory").click();
    await page.getByLabel("Details of plant/inventory").getByText("never").waitFor();
    expect(await page.locator(".details").innerText()).not.toContain("retries");
    await line(page, "plant/pump").click();
    await page.locator(".details dt", { hasText: "retries left" }).waitFor();
  });

  it("shows the names of services whole on a phone: heads of the sequence, the log, boxes with their text", async () => {
    const page = await open({ viewport: { width: 390, height: 844 } });
    const cutAmong = (selector: string) =>
      page
        .locator(selector)
        .evaluateAll((names) =>
          names
            .filter((one) => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1)
            .map((one) => one.textContent),
        );
    await show(page, "log");
    await page.getByRole("button", { name: "By cause" }).click();
    await page.locator(".log-row .name", { hasText: "flicker" }).first().waitFor();
    expect(await cutAmong(".log-row .name")).toEqual([]);
    await show(page, "sequence");
    await page.locator(".head-name", { hasText: "plant" }).waitFor();
    expect(await cutAmong(".head-name")).toEqual([]);
    await show(page, "dependencies");
    await page.locator(".dep-node .small", { hasText: "again in" }).waitFor();
    const beyond = await page.locator(".dep-node:not(.box)").evaluateAll((nodes) =>
      nodes.filter((node) => {
        const { right } = node.querySelector(".body")!.getBoundingClientRect();
        const texts = [...node.querySelectorAll("text")];
        return texts.some((text) => text.textContent!.includes("…") || text.getBoundingClientRect().right > right);
      }),
    );
    expect(beyond).toHaveLength(0);
  });

  it("wraps stacks, links their files, copies errors, and has details as wide as the user wants", async () => {
    const page = await open();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await line(page, "plant/pump").click();
    const details = page.locator(".details");
    await details.locator("summary").first().click();
    const stack = details.locator(".stack").first();
    expect(await stack.evaluate((list) => list.scrollWidth - list.clientWidth)).toBe(0);
    expect(await stack.getByRole("link").first().getAttribute("href")).toMatch(
      /^vscode:\/\/file\/.*plant\.ts:\d+:\d+$/,
    );
    await details.getByRole("button", { name: "Copy the error as Markdown" }).first().click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/EVALVE[\s\S]*```[\s\S]*plant\.ts/);
    const width = async () => (await details.boundingBox())!.width;
    const before = await width();
    await details.getByRole("separator", { name: "Width of the details" }).focus();
    await page.keyboard.press("ArrowLeft");
    await expect.poll(width).toBeGreaterThan(before);
  });

  it("has the newest rows of a list that follows in the very frame in which it scrolls to them", async () => {
    const page = await open({ viewport: { width: 1280, height: 420 } });
    await show(page, "log");
    await expect.poll(() => page.locator(".log-row").count()).toBeGreaterThan(8);
    await page.getByRole("button", { name: "By cause" }).click();
    const blank = await page.evaluate(async () => {
      const scroll = document.querySelector(".log .scroll")!;
      let [blanks, grown, last] = [0, 0, scroll.scrollHeight];
      const look = () => {
        const { bottom } = scroll.getBoundingClientRect();
        const rows = scroll.querySelectorAll(".log-row");
        if (rows[rows.length - 1]!.getBoundingClientRect().bottom < bottom - 30) blanks++;
        if (scroll.scrollHeight > last + 6 * 26) grown++;
        last = scroll.scrollHeight;
      };
      // All messages and charts: some tens of rows more at once.
      for (const name of ["Messages", "Charts", "Messages", "Charts"]) {
        [...document.querySelectorAll<HTMLButtonElement>(".toolbar button")]
          .find((one) => one.textContent === name)!
          .click();
        for (let frame = 0; frame < 12; frame++) {
          await new Promise((resolve) => requestAnimationFrame(resolve));
          // A task after the frame's callbacks sees what is painted.
          await new Promise<void>((resolve) => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => resolve();
            port2.postMessage(null);
          });
          look();
        }
      }
      return { blanks, grown };
    });
    expect(blank.grown).toBeGreaterThan(0);
    expect(blank.blanks).toBe(0);
  });

  it("has the selected column of the sequence in sight in a small window, and counts the columns it shows", async () => {
    const page = await open({ viewport: { width: 1024, height: 768 } });
    // The last of nine columns: more than there is room for.
    await line(page, "plant/inventory").click();
    await show(page, "sequence");
    await page.getByRole("button", { name: "Around the selected" }).click();
    const chosen = page.locator(".sequence .head.chosen");
    const isInSight = async () => {
      const [head, frame] = [(await chosen.boundingBox())!, (await page.locator(".sequence").boundingBox())!];
      return head.x >= frame.x && head.x + head.width <= frame.x + frame.width + 1;
    };
    await expect.poll(isInSight).toBe(true);
    await page.getByRole("button", { name: "All", exact: true }).click();
    const count = await page.locator(".sequence .head-name").count();
    await page.getByText(`${count} of 11`, { exact: true }).waitFor();
    // Each line on the screen has something in a column that is shown.
    for (const row of await page.locator(".sequence-row").all())
      expect(await row.locator(".chip, .arrow-own, .arrow-line").count()).toBeGreaterThan(0);
  });

  it("shows a deep and quiet tree: its names, a long message in three lines, what happened before it was opened", async () => {
    const odd = await runProgram("test/browser/odd.ts");
    try {
      const page = await open({}, odd.url);
      await show(page, "tree");
      const widths = await page
        .locator(".tree-row .name > span:not(.leaf, .count)")
        .evaluateAll((names) => names.map((name) => name.getBoundingClientRect().width));
      expect(Math.min(...widths)).toBeGreaterThan(20);
      const note = line(page, "odd/broken").locator(".note");
      await expect.poll(() => note.innerText()).toMatch(/^this message/);
      await show(page, "sequence");
      const crash = page.locator(".arrow-line.crash > span", { hasText: "this message" }).first();
      await crash.waitFor();
      const said = (await crash.boundingBox())!;
      const time = (await page.locator(".sequence-row .time").first().boundingBox())!;
      expect(said.x).toBeGreaterThanOrEqual(time.x + time.width);
      expect(said.x + said.width).toBeLessThanOrEqual(1280);
      await show(page, "problems");
      expect((await page.locator(".problem-table tbody tr").boundingBox())!.height).toBeLessThan(80);
      // Nothing happens any more: what the line at the bottom shows came in after it was first drawn.
      const hasFailures = () =>
        page.locator(".scrub canvas").evaluate((canvas: HTMLCanvasElement) => {
          const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, 11 * devicePixelRatio);
          return data.some((value) => value > 0);
        });
      await expect.poll(hasFailures).toBe(true);
      await show(page, "dependencies");
      const long = page.locator('[data-path="odd/level-14-with-a-name-that-is-quite-long"]');
      const [text, body] = [await long.locator(".title").boundingBox(), await long.locator(".body").boundingBox()];
      expect(text!.x + text!.width).toBeLessThan(body!.x + body!.width);
    } finally {
      await odd.stop();
    }
  });

  it.each(["timeline", "log"] as const)("has the tools of the %s in one row of a small window", async (view) => {
    const page = await open({ viewport: { width: 1024, height: 768 } });
    await line(page, "plant/pump").click();
    await page.locator(".details").waitFor();
    await show(page, view);
    const tops = await page
      .locator(".toolbar > *")
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).filter(({ height }) => height > 0));
    const middles = tops.map(({ top, height }) => Math.round(top + height / 2));
    expect(Math.max(...middles) - Math.min(...middles)).toBeLessThan(10);
  });

  it("measures the timeline in minutes, and says which span is shown", async () => {
    const page = await open();
    await show(page, "timeline");
    const spans = page.getByRole("group", { name: "How much time is shown" }).getByRole("button");
    expect(await spans.allTextContents()).toEqual(["10\u00a0s", "1\u00a0min", "5\u00a0min", "All"]);
    await spans.nth(2).click();
    await expect.poll(() => spans.nth(3).getAttribute("aria-pressed")).toBe("true");
  });

  it("says how long ago the last step of a machine was, with the delay that led to it", async () => {
    const page = await open();
    await line(page, "plant/lamp").click();
    await show(page, "chart");
    await expect.poll(() => page.locator(".last-step").innerText()).toMatch(/^after blink\s+\d\.\d\ss ago$/);
  });

  it("says what is done for a while only", async () => {
    const page = await open();
    await page.evaluate(() => {
      const plan = setTimeout;
      globalThis.setTimeout = ((act: () => void, ms: number) => plan(act, ms / 20)) as typeof setTimeout;
    });
    await line(page, "plant/boat").click();
    await page.locator(".details .actions").getByRole("button", { name: "Restart" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Restart" }).click();
    const status = page.locator(".details .actions [role=status]");
    await expect.poll(() => status.innerText()).not.toBe("");
    await expect.poll(() => status.innerText()).toBe("");
  });

  it("tells the age of the error of a service that is well again", async () => {
    const page = await open();
    await show(page, "tree");
    await expect
      .poll(() =>
        line(page, "plant/web/flicker")
          .locator(".note.old")
          .innerText({ timeout: 2_000 })
          .catch(() => ""),
      )
      .toMatch(/^up again for 0\.\d\ss after: flickered/);
  });
});
