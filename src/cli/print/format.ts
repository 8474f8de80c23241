// format.ts: durations, times, paths and messages for people.

/** 0.3 s, 12 s, 3 min 5 s, 2 h 4 min, 3 d 2 h. */
export function formatMs(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return "no limit";
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [minutes, hours, days] = [Math.floor(whole / 60), Math.floor(whole / 3_600), Math.floor(whole / 86_400)];
  if (hours === 0) return `${minutes} min ${whole % 60} s`;
  if (days === 0) return `${hours} h ${minutes % 60} min`;
  return `${days} d ${hours % 24} h`;
}

/** The last second that was formatted: a flood of output has thousands of lines in each. */
const last = { second: Number.NaN, text: "" };

/** 14:03:59, in the time zone of the host. */
export function formatTime(time: number): string {
  const second = Math.floor(time / 1_000);
  if (second !== last.second) Object.assign(last, { second, text: new Date(time).toTimeString().slice(0, 8) });
  return last.text;
}

/** A path without the root's name; the root itself keeps its own. */
export function withoutRoot(path: string): string {
  const slash = path.indexOf("/");
  return slash === -1 ? path : path.slice(slash + 1);
}

/** The name at the end of a path. */
export function lastName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A message without the path at its beginning, for a line that names the service already. */
export function withoutPath(message: string, path: string): string {
  return message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;
}

/** A text on one line, at most `width` characters long. */
export function clip(text: string, width: number): string {
  const line = text.replace(/\s*\n\s*/g, " ");
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

export function plural(count: number, noun: string): string {
  const ending = noun.endsWith("s") ? "es" : "s";
  return `${count} ${noun}${count === 1 ? "" : ending}`;
}
