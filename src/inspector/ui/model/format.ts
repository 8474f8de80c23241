// format.ts: times, durations and paths for people. A number and its unit stay on one line: no space between them breaks.

/** 0.3 s, 12 s, 4 min 10 s, 2 h 5 min, 3 d 4 h. Tenths of a second below ten. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)}\u00a0s`;
  if (seconds < 60) return `${Math.floor(seconds)}\u00a0s`;
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3_600), Math.floor(seconds / 86_400)];
  if (minutes < 60) return `${minutes}\u00a0min ${Math.floor(seconds % 60)}\u00a0s`;
  if (hours < 24) return `${hours}\u00a0h ${minutes % 60}\u00a0min`;
  return `${days}\u00a0d ${hours % 24}\u00a0h`;
}

/** The largest unit of a duration, for columns: 3s, 12m, 2h, 5d. */
export function formatBriefly(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1_000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** A short duration: 250 ms, 1.5 s, 2 min. */
export function formatMs(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}\u00a0ms`;
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(1))}\u00a0s`;
  return `${Number((ms / 60_000).toFixed(1))}\u00a0min`;
}

/** The time of day, with milliseconds: 14:03:27.512 */
export function formatTime(wallMs: number): string {
  const date = new Date(wallMs);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** The time of day to the second: 14:03:27 */
export function formatClock(wallMs: number): string {
  return formatTime(wallMs).slice(0, 8);
}

/** A count with its noun: "1 crash", "12 crashes". */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  // `toLocaleString` takes a hundred times as long, and a log has many counts.
  return `${String(count).replaceAll(/\B(?=(\d{3})+$)/g, ",")} ${count === 1 ? noun : plural}`;
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function parentOf(path: string): string | null {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? null : path.slice(0, slash);
}

/** The end of a path: of a long one, its last names. */
export function endOfPath(path: string, most = 30): string {
  const short = shortPath(path);
  if (short.length <= most) return short;
  const names = short.split("/");
  let end = names.pop()!;
  while (names.length > 0 && end.length + names.at(-1)!.length + 3 <= most) end = `${names.pop()!}/${end}`;
  return names.length === 0 ? end : `…/${end}`;
}

/** A path without the root's name, which is the same everywhere. */
export function shortPath(path: string): string {
  const slash = path.indexOf("/");
  return slash === -1 ? path : path.slice(slash + 1);
}
