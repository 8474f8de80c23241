// size.ts: sizes of memory and of files, as people write them.

const units = { "": 1, B: 1, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 };

export const sizePattern = /^(\d+(?:\.\d+)?) ?(B|KB|MB|GB|KiB|MiB|GiB)?$/;
export const sizeWords = 'a positive number of bytes, or a size such as "300MB" (B, KB, MB, GB, KiB, MiB, GiB)';

/** The number of bytes; undefined for what is no size. */
export function toBytes(given: unknown): number | undefined {
  if (typeof given === "number") return Number.isFinite(given) && given > 0 ? given : undefined;
  const [, number, unit = ""] = (typeof given === "string" && sizePattern.exec(given)) || [];
  const bytes = number === undefined ? 0 : Math.floor(Number(number) * units[unit as keyof typeof units]);
  return bytes > 0 ? bytes : undefined;
}

/** "312 MB" */
export function formatBytes(bytes: number): string {
  const [unit, size] = bytes < 1e6 ? ["KB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : (["GB", 1e9] as const);
  const amount = bytes / (size as number);
  return `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${unit}`;
}
