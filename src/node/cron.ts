// cron.ts: the times of a `nextRun` in the words of cron.

import { createRequire } from "node:module";
import { invalid } from "../contract/check.ts";
import { textOf } from "../contract/wording.ts";
import { noteOrigin } from "./made-from.ts";

export interface CronOptions {
  /**
   * The time zone that the pattern is read in, by its IANA name ("Europe/Berlin"). A time that a change of the clock skips
   * comes right after the change; one that it repeats comes once.
   *
   * @default the time zone of this process
   */
  timezone?: string | undefined;
}

/**
 * A `nextRun` from a cron pattern: minute, hour, day of month, month, day of week; seconds may come first. Names of months
 * and days, lists, ranges, steps, `L` (last) and nicknames (`@daily`) are understood. The package `croner` reads it, and is
 * loaded by the first call.
 *
 * ```ts
 * defineProcess({ name: "backup", command: ["./backup.sh"], nextRun: cron("0 3 * * *", { timezone: "Europe/Berlin" }) })
 * ```
 *
 * @throws SupervisorError ERR_INVALID_SPEC for a pattern or a time zone that cannot be read
 */
export function cron(pattern: string, options: CronOptions = {}): (now: Date) => Date | null {
  const { timezone } = options;
  if (typeof pattern !== "string") throw invalid("cron", "pattern", 'a cron pattern, such as "*/5 * * * *"', pattern);
  const { Cron }: typeof import("croner") = createRequire(import.meta.url)("croner");
  const read = () => {
    try {
      const schedule = new Cron(pattern, { paused: true, ...(timezone !== undefined && { timezone }) });
      // A time zone is looked up at the first use.
      schedule.nextRun(new Date(0));
      return schedule;
    } catch (error) {
      const given = timezone === undefined ? pattern : `${pattern} (${timezone})`;
      throw invalid("cron", "pattern", `one that can be read: ${textOf(error)}`, given);
    }
  };
  const schedule = read();
  return noteOrigin((now: Date) => schedule.nextRun(now), "cron", pattern, options);
}
