// The parts of the live view that need no terminal: keys to states, lines to rows, and what is written to a screen.

import { describe, expect, it } from "vitest";
import { createBacklog } from "../../src/cli/view/backlog.ts";
import { formatHints, listKeys, pageKeys } from "../../src/cli/view/keys.ts";
import { createPainter } from "../../src/cli/view/painter.ts";
import { initialState, type Surroundings, step } from "../../src/cli/view/state.ts";
import { lastTopOf, wrap } from "../../src/cli/view/wrap.ts";

const around: Surroundings = {
  ownsTree: true,
  isStopping: false,
  rows: [
    { path: "app/a", isOn: true },
    { path: "app/b", isOn: false },
  ],
  lines: ["one", "two", "Three", "four"],
  height: 2,
  lastTop: 2,
};

function press(keys: readonly string[], here: Partial<Surroundings> = {}, from = initialState) {
  let last = [from] as ReturnType<typeof step>;
  for (const key of keys) last = step(last[0], key, { ...around, ...here });
  return { state: last[0], effects: last.slice(1) };
}

describe("keys", () => {
  it.each([
    [["j"], "app/a"],
    [["k"], "app/b"],
    [["j", "j", "j"], "app/b"],
    [["j", "k", "k"], "app/a"],
    [["G"], "app/b"],
    [["j", "escape"], null],
  ])("%j select %s", (keys, selected) => {
    expect(press(keys).state.selected).toBe(selected);
  });

  it("stop what is on and start what is off", () => {
    expect(press(["j", "s"]).effects).toEqual([{ type: "change", verb: "stop", path: "app/a" }]);
    expect(press(["G", "s"]).effects).toEqual([{ type: "change", verb: "start", path: "app/b" }]);
  });

  it("never act on a service that is not in the list", () => {
    const { state } = press(["j"]);
    expect(press(["s"], { rows: [] }, state).effects).toEqual([]);
  });

  it("leave at once where the tree runs on, after a second q where it does not, not while it stops", () => {
    expect(press(["q"], { ownsTree: false }).effects).toEqual([{ type: "leave" }]);
    expect(press(["q"]).effects).toEqual([]);
    expect(press(["q", "q"]).effects).toEqual([{ type: "leave" }]);
    expect(press(["q", "j", "q"]).effects).toEqual([]);
    expect(press(["q", "q"], { isStopping: true }).effects).toEqual([]);
  });

  it("write into a filter that acts at once", () => {
    expect(press(["/", "q", "r", "backspace"]).state).toMatchObject({ filter: "q", prompt: { text: "q" } });
    expect(press(["/", "q", "escape"]).state).toMatchObject({ filter: "", prompt: null });
    expect(press(["/", "q", "return"]).state).toMatchObject({ filter: "q", prompt: null });
  });

  it("search in a page: capitals make case count, and the end goes on at the beginning", () => {
    const search = (...text: string[]) => press(["l", "g", "/", ...text, "return"]).state;
    expect(search("t").page).toMatchObject({ match: 1, search: "t" });
    expect(search("T").page).toMatchObject({ match: 2 });
    expect(search("x")).toMatchObject({ message: "not found: x", page: { match: null } });
    expect(press(["n", "n"], {}, search("t")).state.page).toMatchObject({ match: 1 });
  });

  it("follow logs at their end alone", () => {
    expect(press(["l"]).state.page?.top).toBeNull();
    expect(press(["l", "k"]).state.page?.top).toBe(1);
    expect(press(["l", "k", "j"]).state.page?.top).toBeNull();
    expect(press(["?", "G"]).state.page?.top).toBe(2);
  });

  it("do one thing each", () => {
    for (const bindings of [listKeys, pageKeys]) {
      const keys = bindings.flatMap((binding) => binding.keys);
      expect(keys).toEqual([...new Set(keys)]);
    }
  });

  it("are hinted at as far as the terminal has room", () => {
    expect(formatHints(listKeys, 79)).toMatch(/^\? help .* \/ filter$/);
    expect(formatHints(listKeys, 20)).toBe("? help  q quit");
  });
});

describe("wrap", () => {
  it("breaks a line into rows, and goes on with its colours", () => {
    expect(wrap("abcdef", 4)).toEqual(["abcd", "ef"]);
    expect(wrap("", 4)).toEqual([""]);
    expect(wrap("\u001b[31mabcdef\u001b[0m", 4)).toEqual(["\u001b[31mabcd\u001b[0m", "\u001b[31mef\u001b[0m"]);
  });

  it("knows the first of the lines that fill the end of a page", () => {
    expect(lastTopOf(["a", "b", "c"], { width: 4, height: 2 })).toBe(1);
    expect(lastTopOf(["a", "bcdefgh", "c"], { width: 4, height: 3 })).toBe(1);
    expect(lastTopOf(["a", "bcdefghijklmn"], { width: 4, height: 2 })).toBe(1);
    expect(lastTopOf([], { width: 4, height: 2 })).toBe(0);
  });
});

describe("the backlog", () => {
  it("keeps the newest lines, and says how many it dropped", () => {
    const backlog = createBacklog(100);
    const stream = process.stdout;
    for (let i = 0; i < 1_000; i++) backlog.add({ stream, length: 10, format: () => `line ${i}` });
    const { lines, dropped } = backlog.take();
    expect(lines.length).toBeLessThanOrEqual(10);
    expect(lines.length + dropped).toBe(1_000);
    expect(lines.at(-1)!.format()).toBe("line 999");
    expect(backlog.take()).toEqual({ lines: [], dropped: 0 });
  });
});

describe("the painter", () => {
  function createScreen() {
    let written = "";
    const stream = { write: (text: string) => (written += text) } as unknown as NodeJS.WriteStream;
    const painter = createPainter(stream, () => ({ columns: 80, rows: 24 }));
    return {
      painter,
      /** What was written since the last look. */
      read() {
        const text = written;
        written = "";
        return text;
      },
    };
  }

  it("writes only the lines that have changed", () => {
    const { painter, read } = createScreen();
    painter.bottom(["one", "two", "three"]);
    read();
    painter.bottom(["one", "two", "three"]);
    expect(read()).toBe("");
    painter.bottom(["one", "2", "three"]);
    expect(read()).toMatch(/^[^o]*2[^o]*three[^o]*$/);
    painter.page(["a", "b"]);
    read();
    painter.page(["a", "c"]);
    expect(read()).toContain("\u001b[2;1Hc");
  });

  it("erases what a shorter list leaves", () => {
    const { painter, read } = createScreen();
    painter.bottom(["one", "two", "three"]);
    read();
    painter.bottom(["one", "two"]);
    expect(read()).toContain("\u001b[J");
  });
});
