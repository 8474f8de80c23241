import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Running, runExample } from "./run-example.ts";

// The first start of an embedded PostgreSQL takes some seconds, on a busy machine many.
const timeout = 180_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "statevisor-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function openShop(seconds: number): Running {
  return runExample("shop/main.ts", { SHOP_SECONDS: String(seconds), SHOP_SEED: "7", TMPDIR: folder });
}

/** The temporary files that the shop has not removed. */
function leftBehind(): string[] {
  return readdirSync(folder).filter((name) => name.startsWith("statevisor-"));
}

/** The printed lines about the tree: the service, the change, and the rest. */
function parse(stdout: string): { who: string; what: string; detail: string }[] {
  return [...stdout.matchAll(/^ *[\d.]+ s {2}(\S+) +(\S+) *(.*)$/gm)].map(([, who, what, detail]) => ({
    who: who!,
    what: what!,
    detail: detail!,
  }));
}

describe("the shop", () => {
  it("the shop survives the crashes of its services, and loses no accepted order", { timeout }, async () => {
    const { stdout, stderr, end } = await openShop(8).ended;
    expect(stderr).toBe("");

    const lines = parse(stdout);
    const crashed = [...new Set(lines.filter(({ what }) => what === "crashed").map(({ who }) => who))];
    expect(crashed.length).toBeGreaterThan(0);
    for (const who of crashed) {
      const crash = lines.findLastIndex((line) => line.who === who && line.what === "crashed");
      const back = lines.findLastIndex((line) => line.who === who && line.detail.startsWith("again"));
      expect(back, `${who} came back`).toBeGreaterThan(crash);
    }

    const [, accepted, found, fulfilled] = /orders +(\d+) accepted, (\d+) found .*, (\d+) fulfilled exactly/.exec(
      stdout,
    )!;
    expect(Number(accepted)).toBeGreaterThan(0);
    expect([found, fulfilled]).toEqual([accepted, accepted]);
    expect(stdout).toContain("No accepted order was lost, and none was shipped twice.");
    expect(stdout).not.toContain("\u001b");
    expect(end).toBe(0);
    expect(leftBehind()).toEqual([]);
  });

  it("the shop stops in order when it is interrupted", { timeout }, async () => {
    const shop = openShop(600);
    await shop.whenItSays("crashed");
    shop.send("SIGINT");
    const { stdout, stderr, end } = await shop.ended;
    expect(stderr).toBe("");

    const lines = parse(stdout);
    const interrupt = lines.findIndex(({ what }) => what === "SIGINT");
    const stopped = lines.slice(interrupt).flatMap(({ who, what }) => (what === "stopped" ? [who] : []));
    expect(interrupt).toBeGreaterThan(0);
    expect(stopped.at(-1)).toBe("shop");
    expect(stopped.indexOf("data")).toBeGreaterThan(stopped.indexOf("api"));
    expect(stopped.indexOf("data")).toBeGreaterThan(stopped.indexOf("worker"));
    expect(stdout).toContain("No accepted order was lost");
    expect(end).toBe(0);
    expect(leftBehind()).toEqual([]);
  });

  it("the shop stops at once when it is interrupted while it starts", { timeout }, async () => {
    const shop = openShop(600);
    await shop.whenItSays("creates its files");
    shop.send("SIGTERM");
    const { stdout, stderr, end } = await shop.ended;
    expect(stderr).toBe("");
    expect(stdout).toContain("before it had opened");
    expect(end).toBe(0);
    expect(leftBehind()).toEqual([]);
  });

  it("the shop leaves at once when it is interrupted twice", { timeout }, async () => {
    const shop = openShop(600);
    await shop.whenItSays("at http://");
    shop.send("SIGINT");
    await shop.whenItSays("SIGINT");
    shop.send("SIGINT");
    const { stdout, end } = await shop.ended;
    expect(stdout).not.toContain("No accepted order was lost");
    expect(end).toBe(130);
    expect(leftBehind()).toEqual([]);
  });
});
