// How pictures are opened, moved and enlarged, and where lists scroll to; without a browser.

import { describe, expect, it } from "vitest";
import { fitTo, move, open, pinch, reveal, seen, sideFor, zoomAt } from "../../src/inspector/ui/model/camera.ts";
import { revealTop } from "../../src/inspector/ui/model/reveal.ts";

const view = { width: 800, height: 600 };

describe("a picture", () => {
  it("that fits is opened in the middle, not larger than 1.25", () => {
    expect(open({ width: 400, height: 200 }, view, null)).toEqual({ x: 150, y: 175, zoom: 1.25 });
  });

  it("that does not fit is opened in its own size, at what matters, without empty room", () => {
    const large = { width: 4_000, height: 3_000 };
    expect(open(large, view, { x: 2_000, y: 1_500 })).toEqual({ x: -1_600, y: -1_200, zoom: 1 });
    expect(open(large, view, { x: 10, y: 2_990 })).toEqual({ x: 14, y: 600 - 3_000 - 14, zoom: 1 });
  });

  it("is shown whole on demand, however large it is", () => {
    const camera = fitTo({ width: 20_000, height: 3_000 }, view);
    const { x, width } = seen(camera, view);
    expect(x).toBeLessThanOrEqual(0);
    expect(x + width).toBeGreaterThanOrEqual(20_000);
  });

  it("has its map on the side where less is covered, of what matters above all, and leaves it there without need", () => {
    const [map, camera] = [
      { width: 100, height: 100 },
      { x: 0, y: 0, zoom: 1 },
    ];
    const mark = (x: number, size: number, isLoud = false) => ({ x, y: 520, width: size, height: 20, isLoud });
    const [left, right] = [mark(10, 60), mark(720, 60)];
    expect(sideFor(map, [], camera, view, "right")).toBe("right");
    expect(sideFor(map, [right], camera, view, "right")).toBe("left");
    expect(sideFor(map, [left, right], camera, view, "left")).toBe("left");
    expect(sideFor(map, [left, mark(720, 30, true)], camera, view, "right")).toBe("left");
    // Moved and enlarged, the mark on the right is out of the way.
    expect(sideFor(map, [right], { x: 200, y: 0, zoom: 2 }, view, "right")).toBe("right");
  });

  it("grows around a point that stays where it is", () => {
    const at = { x: 100, y: 50 };
    const [before, after] = [move(fitTo({ width: 400, height: 200 }, view), 7, 9), { x: 0, y: 0, zoom: 1 }];
    expect(zoomAt(after, 2, at)).toEqual({ x: -100, y: -50, zoom: 2 });
    expect(seen(before, view).width).toBe(640);
  });

  it("follows two fingers: their middle and their distance", () => {
    const from = [
      { x: 100, y: 100 },
      { x: 200, y: 100 },
    ] as const;
    const to = [
      { x: 100, y: 120 },
      { x: 300, y: 120 },
    ] as const;
    const camera = pinch({ x: 0, y: 0, zoom: 1 }, from, to);
    expect(camera.zoom).toBe(2);
    // What was between the fingers is between them still.
    expect([150 * 2 + camera.x, 100 * 2 + camera.y]).toEqual([200, 120]);
  });

  it("moves no more than needed to show a point", () => {
    const camera = { x: 0, y: 0, zoom: 1 };
    expect(reveal(camera, { x: 400, y: 300 }, view)).toBe(camera);
    expect(reveal(camera, { x: 900, y: 300 }, view)).toEqual({ x: -170, y: 0, zoom: 1 });
  });
});

describe("a list of ten rows in sight, from row 20 on", () => {
  const scrolled = { top: 20 * 30, height: 10 * 30, rowHeight: 30 };

  it("stays where it is for a row that is in sight", () => {
    expect([20, 25, 29].map((index) => revealTop(index, scrolled))).toEqual([null, null, null]);
  });

  it("goes on by as much as the next row and the one after it need", () => {
    expect(revealTop(30, scrolled)).toBe(22 * 30);
    expect(revealTop(19, scrolled)).toBe(18 * 30);
  });

  it("has a row from further away in its middle", () => {
    expect(revealTop(60, scrolled)).toBe(60 * 30 - 4.5 * 30);
    expect(revealTop(2, scrolled)).toBe(2 * 30 - 4.5 * 30);
    expect(revealTop(30, scrolled, true)).toBe(30 * 30 - 4.5 * 30);
  });
});
