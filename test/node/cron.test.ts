// cron(): the times of a pattern, read by croner.

import { describe, expect, it } from "vitest";
import { cron } from "../../src/node/index.ts";

const nextOf = (pattern: string, now: string, timezone = "UTC") =>
  cron(pattern, { timezone })(new Date(now))?.toISOString() ?? null;

describe("cron", () => {
  it.each([
    ["*/5 * * * *", "2026-01-01T00:01:00Z", "2026-01-01T00:05:00.000Z"],
    ["*/5 * * * *", "2026-01-01T00:05:00Z", "2026-01-01T00:10:00.000Z"],
    ["*/10 * * * * *", "2026-01-01T00:00:01Z", "2026-01-01T00:00:10.000Z"],
    ["0 3 * * MON-FRI", "2026-01-03T00:00:00Z", "2026-01-05T03:00:00.000Z"],
    ["0 0 L * *", "2026-02-01T00:00:00Z", "2026-02-28T00:00:00.000Z"],
    ["@daily", "2026-01-01T00:00:01Z", "2026-01-02T00:00:00.000Z"],
  ])("%s after %s is %s", (pattern, now, next) => {
    expect(nextOf(pattern, now)).toBe(next);
  });

  it("reads the pattern in its time zone, across changes of the clock", () => {
    expect(nextOf("0 3 * * *", "2026-01-15T00:00:00Z", "Europe/Berlin")).toBe("2026-01-15T02:00:00.000Z");
    expect(nextOf("0 3 * * *", "2026-07-15T00:00:00Z", "Europe/Berlin")).toBe("2026-07-15T01:00:00.000Z");
    // 02:30 does not exist on that day, and comes twice on the other.
    expect(nextOf("30 2 * * *", "2026-03-29T00:00:00Z", "Europe/Berlin")).toBe("2026-03-29T01:30:00.000Z");
    const first = nextOf("30 2 * * *", "2026-10-24T23:00:00Z", "Europe/Berlin")!;
    expect([first, nextOf("30 2 * * *", first, "Europe/Berlin")]).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-26T01:30:00.000Z",
    ]);
  });

  it("gives null when there is no next time", () => {
    expect(nextOf("2020-01-01T00:00:00", "2026-01-01T00:00:00Z")).toBeNull();
  });

  it.each([
    [["every day"], "every day"],
    [["61 * * * *"], "61 * * * *"],
    [["* * * * *", { timezone: "Mars/Olympus" }], "Mars/Olympus"],
    [[5], "a cron pattern"],
  ])("refuses %j, and says what was given", (args, part) => {
    expect(() => cron(...(args as [string]))).toThrow(part);
  });
});
