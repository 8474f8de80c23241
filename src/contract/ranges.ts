// ranges.ts: the ranges of numbers that options allow, for the checks of specs and the schema of config files.

/** A set of numbers, and the words for it that follow "must be". */
export interface NumberRange {
  readonly words: string;
  readonly least: number;
  /** `least` itself is not in the range. */
  readonly isAbove?: true;
  readonly most?: number;
  readonly isInteger?: true;
  /** Infinity is in the range. */
  readonly mayBeInfinite?: true;
}

export const ranges = {
  /** A wait that must end. */
  duration: { least: 0, words: "a non-negative finite number of milliseconds" },
  /** A wait that may last for ever. */
  patience: { least: 0, mayBeInfinite: true, words: "a non-negative number of milliseconds, or Infinity" },
  /** A wait that must last a moment, and must end. */
  positive: { least: 0, isAbove: true, words: "a positive finite number of milliseconds" },
  count: { least: 0, isInteger: true, mayBeInfinite: true, words: "a non-negative integer, or Infinity" },
  threshold: { least: 1, isInteger: true, words: "an integer of at least 1" },
  multiplier: { least: 1, words: "a finite number of at least 1" },
  port: { least: 1, most: 65_535, isInteger: true, words: "an integer from 1 to 65535" },
  exitCode: { least: 0, most: 255, isInteger: true, words: "an integer from 0 to 255" },
  /** The number of a user or of a group. */
  id: { least: 0, isInteger: true, words: "a non-negative integer" },
  share: { least: 0, most: 1, words: "a number from 0 to 1" },
} as const satisfies Record<string, NumberRange>;

export function isInRange(
  { least, isAbove, most, isInteger, mayBeInfinite }: NumberRange,
  value: unknown,
): value is number {
  if (typeof value !== "number" || !(isAbove ? value > least : value >= least)) return false;
  if (value === Number.POSITIVE_INFINITY) return mayBeInfinite === true;
  return (most === undefined || value <= most) && (!isInteger || Number.isInteger(value));
}
