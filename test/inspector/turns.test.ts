// Work that is spread over frames; without a browser.

import { afterEach, expect, it, vi } from "vitest";
import { inTurn } from "../../src/inspector/ui/model/turns.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

it("is done eight pieces a frame, in order, without what was taken back", () => {
  let frames: (() => void)[] = [];
  vi.stubGlobal("requestAnimationFrame", (frame: () => void) => frames.push(frame));
  const next = () => {
    const all = frames;
    frames = [];
    for (const frame of all) frame();
  };
  const done: number[] = [];
  const takers = Array.from({ length: 20 }, (_, index) => inTurn(() => done.push(index)));
  expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  takers[9]!();
  next();
  expect(done.slice(8)).toEqual([8, 10, 11, 12, 13, 14, 15, 16]);
  // What comes meanwhile waits behind what has waited longer.
  inTurn(() => done.push(20));
  next();
  expect(done.slice(16)).toEqual([17, 18, 19, 20]);
  next();
  expect(frames).toEqual([]);
  inTurn(() => done.push(21));
  expect(done.at(-1)).toBe(21);
});
